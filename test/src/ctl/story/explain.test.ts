import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explain, explanationLines } from '../../../../src/ctl/story/explain.js';
import { outlook } from '../../../../src/ctl/story/outlook.js';
import type { ProgramRow } from '../../../../src/ctl/status/status.js';
import type { Story } from '../../../../src/ctl/story/story.js';
import { runtimePaths } from '../../../../src/protocol/runtime-directory.js';
import { emptyColony } from '../../scratch.js';
import { rowOf } from '../rows.js';

const refusal = (code: string) => expect.objectContaining({ code }) as Error;
const now = Date.parse('2030-01-02T12:00:00Z');
const ago = (ms: number) => new Date(now - ms).toISOString();

function colony() {
  const places = emptyColony();
  const { history } = runtimePaths(places.messages);
  mkdirSync(history, { recursive: true });
  return {
    places,
    file: (name: string) => writeFileSync(join(places.config, name), '{"args":["cat"]}'),
    happened: (name: string, at: string, type: string, more: object = {}) =>
      appendFileSync(join(history, `${name}.jsonl`), `${JSON.stringify({ version: 1, at, type, ...more })}\n`),
  };
}

describe('explain', () => {
  it('needs a program, and a history or a monitor', () => {
    const { places, file } = colony();
    expect(() => explain(places, 'web', 20)).toThrow(refusal('EUNKNOWN'));
    expect(() => explain(places, '../x', 20)).toThrow(refusal('ENAME'));
    file('web');
    expect(() => explain(places, 'web', 20)).toThrow(refusal('ENOMONITOR'));
  });

  it('tells the last lines, the newest last, and of the present without a monitor', () => {
    const { places, file, happened } = colony();
    file('web');
    for (let index = 1; index <= 5; index++) happened('web', ago(1_000), 'program.started', { pid: index, run: 'r' });
    const { story, now: sentence, ...rest } = explain(places, 'web', 2, now);
    expect(rest).toEqual({ version: 1, name: 'web', monitor: null, state: null });
    expect(story.map(({ text }) => text)).toEqual(['started: pid 4, run r', 'started: pid 5, run r']);
    expect(sentence).toBe('No monitor runs; web is started when a monitor is, because its file wants it up.');
    expect(explain(places, 'web', 0, now).story).toEqual([]);
  });

  it('tells of what was removed as long as there is a history', () => {
    const { places, happened } = colony();
    happened('web', ago(1_000), 'program.stopped', { because: 'program.stop', by: 'removed' });
    expect(explain(places, 'web', 20, now)).toMatchObject({
      story: [{ text: '→ stopped: its file is gone' }],
      now: 'No monitor runs; web has no file, so nothing will be started.',
    });
  });

  it('says the date where the day changes, and lets nothing drive the terminal', () => {
    const { places, file, happened } = colony();
    file('web');
    happened('web', ago(3 * 86_400_000), 'config.warned', { warning: '\u001b[2J' });
    happened('web', ago(2 * 86_400_000), 'config.healed');
    happened('web', ago(2 * 86_400_000 - 1), 'config.healed');
    const lines = explanationLines(explain(places, 'web', 20, now), now);
    expect(lines.map((line) => /^\d{4}-\d\d-\d\d$/.test(line))).toEqual([true, false, true, false, false, false]);
    expect(lines.join()).not.toMatch(/\p{Cc}/u);
  });
});

const row = rowOf({ since: ago(2_000) });

describe('the last sentence', () => {
  const sentence = (changes: Partial<ProgramRow>, story: Partial<Story> = {}) =>
    outlook({
      name: 'web',
      row: { ...row, ...changes },
      isMonitorLive: true,
      silentFor: null,
      story: { lines: [], state: changes.state ?? 'running', cause: '', next: 'start', monitor: 'going on', ...story },
      now,
    });
  const bad = { code: 'ESYNTAX', message: 'not JSON' };

  it.each<[Partial<ProgramRow>, Partial<Story>, string]>([
    [
      {},
      {},
      'web has been running for 2 s (pid 4711), because its file wants it up; should its process die it is started again at once.',
    ],
    [
      { rejected: bad, error: bad },
      {},
      'web has been running for 2 s (pid 4711), because its file wants it up; should its process die it is started again at once; its file was rejected (ESYNTAX: not JSON), its last good version is in force.',
    ],
    [
      { state: 'starting' },
      { cause: 'config changed: args' },
      'web has been starting for 2 s (pid 4711), because: config changed: args; when it outlives the threshold it is running, if not it backs off.',
    ],
    [{ state: 'starting', pid: null }, {}, 'web is being started; its process is asked for.'],
    [
      { state: 'backing-off', pid: null, lastExit: { code: 3, signal: null, at: '' }, nextStartAt: ago(-1_400) },
      {},
      'web has been waiting for 2 s, because it died young (code 3); it is started again in 1.4 s, or at once by "start" or "restart".',
    ],
    [
      { state: 'backing-off', pid: null, error: { code: 'ENOENT', message: 'no such file' } },
      {},
      'web has been waiting for 2 s, because it could not be started (ENOENT: no such file); it is started again after the wait.',
    ],
    [
      { state: 'killing', wanted: 'down', killAt: ago(-1_100), stragglers: [7] },
      { cause: 'stop asked for in the file' },
      'web has been stopping for 2 s, because: stop asked for in the file; pid 7 is still there, SIGKILL follows in 1.1 s; then it stays stopped.',
    ],
    [
      { state: 'killing', killAt: ago(1), stragglers: [7, 8], since: null },
      { cause: 'x' },
      'web is stopping, because: x; pids 7, 8 are still there, SIGKILL was sent; then it is started again.',
    ],
    [
      { state: 'killing', killAt: ago(1) },
      { cause: 'x', next: 'back-off' },
      'web has been stopping for 2 s, because: x; SIGKILL was sent; then it waits before it is started again.',
    ],
    [
      { state: 'killing', error: { code: 'ESTUCK', message: 'SIGKILL does not end pid 7' } },
      { state: 'running', cause: 'old' },
      'web has been stopping for 2 s; SIGKILL does not end pid 7, it is sent again every 5 s; then it is started again.',
    ],
    [
      { state: 'killing' },
      { cause: 'the monitor is stopping' },
      'web has been stopping for 2 s, because: the monitor is stopping; SIGKILL was sent; it is started again by the next monitor.',
    ],
    [
      { state: 'stopped', wanted: 'down' },
      {},
      'web has been stopped for 2 s, because its file wants it down; "start" wants it up again.',
    ],
    [
      { state: null, rejected: bad },
      {},
      'Nothing of web runs, because its file is bad (ESYNTAX: not JSON); it starts when that is mended.',
    ],
    [{ state: null }, {}, 'web has a file that no monitor has taken in yet.'],
  ])('of %j', (changes, story, text) => {
    expect(sentence(changes, story)).toBe(text);
  });

  it('says that it may be no longer true where the monitor is silent', () => {
    const story: Story = { lines: [], state: 'running', cause: '', next: 'start', monitor: 'going on' };
    expect(outlook({ name: 'web', row, isMonitorLive: true, silentFor: 26, story, now })).toMatch(
      / at once; but the monitor has written nothing for 26 s: this is the last that is known\.$/,
    );
  });

  it('tells how the last monitor ended where none runs', () => {
    const story: Story = {
      lines: [{ at: '2030-01-02T11:00:00.000Z', text: '' }],
      state: null,
      cause: '',
      next: 'start',
      monitor: 'going on',
    };
    const gone = (more: object) =>
      outlook({ name: 'web', row, isMonitorLive: false, silentFor: null, story, now, ...more });
    expect(gone({})).toMatch(
      /^No monitor runs: the last one was killed, or died, after \d\d:00:00.000; web is started /,
    );
    expect(gone({ row: { ...row, wanted: 'down' } })).toContain('; web stays stopped, because its file wants it down.');
    expect(gone({ row: { ...row, rejected: bad } })).toContain(
      '; web is started when a monitor is and its file is good.',
    );
    expect(gone({ row: undefined, isMonitorLive: true })).toBe(
      'web has no file and nothing of it is left; it starts when it is added again.',
    );
  });
});
