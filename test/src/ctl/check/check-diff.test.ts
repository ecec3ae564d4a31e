import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Fault, ProgramState } from '../../../../machines/index.js';
import { checkDiff, diffLines, type Candidates, type Change } from '../../../../src/ctl/check/check-diff.js';
import { contentDigests } from '../../../../src/protocol/content-digests.js';
import { parseProgramFile } from '../../../../src/protocol/program-file.js';
import { prepareRuntimeDirectory, runtimePaths } from '../../../../src/protocol/runtime-directory.js';
import { emptyColony } from '../../scratch.js';
import { statusOf } from '../rows.js';

const key = 'a-key';
const startTime = Number(readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ')[19]);

/** A colony as a monitor leaves it; this very process plays the monitor. */
function colony() {
  const places = emptyColony();
  const paths = runtimePaths(places.messages);
  prepareRuntimeDirectory(paths);
  const monitor = { version: 1, pid: process.pid, startTime, since: 'then', ncolony: '1.2.3' };
  writeFileSync(paths.monitor, JSON.stringify(monitor));
  writeFileSync(paths.contentKey, `${key}\n`);
  return {
    ...places,
    paths,
    write: (name: string, content: object | string) => {
      const path = join(places.config, name);
      writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
      return path;
    },
    /** What the monitor has; `content` null: no version is in force. */
    runs: (
      name: string,
      content: object | null,
      state: ProgramState | null = 'running',
      error: Fault | null = null,
    ) => {
      const digests = content === null ? null : digestsOf(name, content);
      writeFileSync(
        join(paths.status, `${name}.json`),
        JSON.stringify({ version: 1, ...statusOf({ name, state, error }), content: digests }),
      );
    },
    changes: (given?: Candidates) => {
      const { diff } = checkDiff(places, given);
      return diff?.changes.map(short);
    },
  };
}

function digestsOf(name: string, content: object) {
  const parsed = parseProgramFile(name, Buffer.from(JSON.stringify(content)));
  if (!parsed.ok) throw new Error(parsed.error.message);
  return contentDigests(key, parsed.file);
}

const short = ({ name, file, action, keys }: Change) => `${name} ${file} ${action} ${[...keys].sort().join()}`.trim();

const cat = { args: ['cat'] };
const down = { ...cat, 'ncolony.wanted': 'down' };

describe('check --diff', () => {
  it('finds no change where the files say what the monitor runs', () => {
    const { changes, write, runs, ...places } = colony();
    runs('web', { args: ['cat'], env: { A: 'b' }, x: 1 });
    write('web', '{"ncolony.wanted": "up", "x": 1.0, "env": {"A": "b"}, "args": ["cat"]}');
    runs('down', down, 'stopped');
    write('down', down);
    expect(changes()).toEqual([]);
    expect(checkDiff(places)).toEqual({
      version: 1,
      checked: 2,
      faults: [],
      warnings: [],
      diff: { monitor: { pid: process.pid, since: 'then', version: '1.2.3' }, changes: [], unchanged: 2 },
    });
  });

  it.each<[ProgramState, object, object, string]>([
    ['running', cat, { args: ['dog'], env: {} }, 'restart args,env'],
    ['starting', cat, { args: ['dog'] }, 'restart args'],
    ['killing', cat, { args: ['dog'] }, 'restart args'],
    ['backing-off', cat, { args: ['dog'] }, 'start args'],
    ['stopped', down, cat, 'start ncolony.wanted'],
    ['killing', down, cat, 'start ncolony.wanted'],
    ['running', cat, down, 'stop ncolony.wanted'],
    ['backing-off', cat, down, 'stop ncolony.wanted'],
    ['running', cat, { ...down, x: 1 }, 'stop ncolony.wanted,x'],
    ['stopped', down, { ...down, x: 1 }, 'none x'],
  ])('says what a change does in %s: %j → %j', (state, before, after, change) => {
    const { changes, write, runs } = colony();
    runs('web', before, state);
    write('web', after);
    expect(changes()).toEqual([`web changed ${change}`]);
  });

  it('says what is new and what is gone', () => {
    const { changes, write, runs } = colony();
    write('new', cat);
    write('new-down', down);
    runs('old', cat);
    runs('old-back-off', cat, 'backing-off');
    runs('old-down', down, 'stopped');
    runs('ending', null, 'killing');
    runs('never-good', null, null, { code: 'ESYNTAX', message: 'not JSON' });
    expect(changes()).toEqual([
      'new added start',
      'new-down added none',
      'old removed stop',
      'old-back-off removed stop',
      'old-down removed none',
    ]);
  });

  it('says what is rejected, and whether a version before it stays in force', () => {
    const { write, runs, ...places } = colony();
    runs('web', cat);
    const bad = write('web', { args: 's3cret' });
    write('none', '{');
    runs('theirs', cat, 'running', { code: 'EOWNER', message: 'belongs to user 5' });
    write('theirs', { args: ['dog'] });
    const report = checkDiff(places);
    expect(report.faults).toContainEqual({
      file: bad,
      code: 'ESCHEMA',
      message: 'args: expected array, received string',
    });
    expect(report.faults.map(({ code }) => code)).toEqual(['ESYNTAX', 'EOWNER', 'ESCHEMA']);
    expect(report.diff?.changes).toEqual([
      { name: 'none', file: 'rejected', action: 'none', keys: [], inForce: false },
      { name: 'theirs', file: 'rejected', action: 'none', keys: [], inForce: true },
      { name: 'web', file: 'rejected', action: 'none', keys: [], inForce: true },
    ]);
  });

  it('answers what a file would do if it were put there, under its own name or another', () => {
    const { changes, write, runs } = colony();
    runs('web', cat);
    write('web', cat);
    runs('other', cat);
    const file = write('web.new', { args: ['dog'] });
    expect(changes({ files: [file] })).toEqual(['web changed restart args']);
    expect(changes({ files: [file], as: 'other' })).toEqual(['other changed restart args']);
    expect(changes({ files: [file], as: 'third' })).toEqual(['third added start']);
    expect(checkDiff({ config: '', messages: '' }, { files: [file], as: 'a/b' })).toMatchObject({
      faults: [{ file, code: 'ENAME', message: 'the name "a/b" contains a slash' }],
    });
  });

  it.runIf(process.geteuid?.() === 0)('knows what a monitor that is not root refuses', async () => {
    const { chownSync } = await import('node:fs');
    const { changes, write, paths } = colony();
    write('web', { ...cat, uid: 5 });
    expect(changes()).toEqual(['web added start']);
    chownSync(paths.contentKey, 1, 1);
    expect(changes()).toEqual(['web rejected none']);
  });

  it('compares nothing where no monitor runs, and says what the files say all the same', () => {
    const { write, paths, ...places } = colony();
    rmSync(paths.monitor);
    write('web', '{');
    expect(checkDiff(places)).toMatchObject({ checked: 1, faults: [{ code: 'ESYNTAX' }], diff: null });
  });

  it('is printed a line a change, without a word of what the files say', () => {
    const { write, runs, ...places } = colony();
    runs('a', cat);
    write('a', { args: ['s3cret'], env: { T: 's3cret' } });
    write('b', cat);
    runs('c', cat);
    runs('d', cat);
    write('d', { args: 's3cret' });
    runs('e', down, 'stopped');
    write('e', { ...down, x: 's3cret' });
    write('f', '{');
    runs('g', cat);
    write('g', cat);
    expect(diffLines(checkDiff(places))).toEqual([
      `${places.config}/d: args: expected array, received string`,
      expect.stringMatching(`^${places.config}/f: not JSON`),
      'a: would be restarted (args, env)',
      'b: would be started (its file is new)',
      'c: would be stopped (its file is gone)',
      'd: would be rejected (the version before it stays in force)',
      'e: nothing would be done, it is down (x)',
      'f: would be rejected (no version of it is in force)',
      '1 program would stay as it is.',
    ]);
  });
});
