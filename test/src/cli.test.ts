import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { run } from '../../src/commands.js';
import { ColonyError } from '../../src/errors.js';
import { defaultLogLimits } from '../../src/protocol/log-settings.js';
import { runtimePaths } from '../../src/protocol/runtime-directory.js';
import { statusOf } from './ctl/rows.js';
import { emptyColony, scratch } from './scratch.js';

const { runMonitor } = vi.hoisted(() => ({ runMonitor: vi.fn<(options: unknown) => Promise<number>>() }));
vi.mock('../../src/monitor.js', () => ({ runMonitor }));

let out = '';
let err = '';

beforeEach(() => {
  out = '';
  err = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
  runMonitor.mockReset().mockResolvedValue(0);
  vi.stubEnv('NCOLONY_HOME', undefined);
  vi.stubEnv('NCOLONY_DEBUG', undefined);
});
afterEach(() => void vi.unstubAllEnvs());

/** A colony with one program, the words that name it on a command line, and all its files as one value. */
function colony() {
  const { home, config, messages } = emptyColony();
  writeFileSync(join(config, 'web'), '{"args":["cat"],"group":["all"],"env":{"TOKEN":"s3cret"}}');
  const files = () =>
    readdirSync(home, { recursive: true, withFileTypes: true }).map((entry) =>
      entry.isFile() ? [entry.name, readFileSync(join(entry.parentPath, entry.name), 'utf8')] : [entry.name],
    );
  return { home, config, messages, at: ['--config', config, '--messages', messages], files };
}

describe('wrong use', () => {
  it.each([
    [['ctl'], /a command is missing/],
    [['ctl', 'ad'], /unknown command 'ad' \(Did you mean add\?\)/],
    [['ctl', 'add', '--cmd', 'cat'], /missing required argument 'name'/],
    [['ctl', 'add', 'x'], /required option '--cmd <command>' not specified/],
    [['ctl', 'add', 'x', '--cmd'], /option '--cmd <command>' argument missing/],
    [['ctl', 'add', 'x', '--cmd', ''], /args: expected an executable/],
    [['ctl', 'add', 'x', 'y', '--cmd', 'cat'], /too many arguments/],
    [['ctl', 'add', 'a/b', '--cmd', 'cat'], /"a\/b" contains a slash/],
    [['ctl', 'add', '../x', '--cmd', 'cat'], /contains a slash/],
    [['ctl', 'add', '.x', '--cmd', 'cat'], /starts with \./],
    [['ctl', 'add', '#x', '--cmd', 'cat'], /starts with #/],
    [['ctl', 'add', 'x.new', '--cmd', 'cat'], /ends in \.new/],
    [['ctl', 'add', 'a\nb', '--cmd', 'cat'], /"a\\nb" contains a control character/],
    [['ctl', 'add', '', '--cmd', 'cat'], /"" is empty/],
    [['ctl', 'add', 'x'.repeat(201), '--cmd', 'cat'], /longer than 200 bytes/],
    [['ctl', 'add', 'web', '--cmd', 'cat', '--uid', 'abc'], /--uid: expected a number/],
    [['ctl', 'add', 'web', '--cmd', 'cat', '--uid', '-1'], /--uid: expected a number/],
    [['ctl', 'add', 'web', '--cmd', 'cat', '--uid', ''], /--uid: expected a number/],
    [['ctl', 'add', 'web', '--cmd', 'cat', '--gid', '1.5'], /--gid: expected a number/],
    [['ctl', 'add', 'web', '--cmd', 'cat', '--gid', '4294967295'], /gid: expected at most 4294967294/],
    [['ctl', 'add', 'web', '--cmd', 'cat', '--env', 's3cret'], /--env: expected NAME=VALUE/],
    [['ctl', 'add', 'web', '--cmd', 'cat', '--env', '=s3cret'], /--env: expected NAME=VALUE/],
    [['ctl', 'add', 'web', '--cmd', 'cat', '--timeout', '5'], /--timeout: needs --wait/],
    [['ctl', 'remove', 'web', '--wait', '--timeout', '-1'], /--timeout: expected seconds/],
    [['ctl', 'restart-all', '--wait', '--timeout', '1e3'], /--timeout: expected seconds/],
    [['ctl', 'wait', 'web'], /required option '--state <state>' not specified/],
    [['ctl', 'wait', 'web', '--state', 'up'], /--state: expected one of stopped, starting/],
    [
      ['ctl', 'wait', 'web', '--state', 'running', '--timeout', '2147484'],
      /--timeout: expected seconds from 0 to 2147483/,
    ],
    [['ctl', 'status', '--watch'], /--watch: standard output is not a terminal/],
    [['ctl', 'status', '--watch', '--json'], /--watch: not with --json/],
    [['ctl', 'explain'], /missing required argument 'name'/],
    [['ctl', 'explain', 'web', '-n', '-1'], /--lines: expected a whole number/],
    [['ctl', 'add', 'web', '--cmd', 'cat', '--evn=A=s3cret\nx'], /unknown option '--evn'/],
    [['ctl', 'add', 'web', '--cmd', 'cat', '--extras', '{"a": s3cret}'], /extras: expected a JSON object/],
    [['ctl', 'add', 'web', '--cmd', 'cat', '--extras', '@/none'], /--extras: the file cannot be read \(ENOENT\)/],
    [
      ['ctl', 'add', 'web', '--cmd', 'cat', '--extras', '[1]'],
      /--extras: neither a JSON object nor a file that can be read/,
    ],
    [
      ['ctl', 'add', 'web', '--cmd', 'cat', '--extras', ''],
      /--extras: neither a JSON object nor a file that can be read/,
    ],
    [['ctl', 'add', 'web', '--cmd', 'cat', '--extras', '{"env": {"A": ["s3cret"]}}'], /env\.A: expected string/],
    [['ctl', 'restart'], /missing required argument 'name'/],
    [['ctl', 'restart', 'web', 'web'], /too many arguments/],
    [['ctl', 'restart', 'a/b'], /contains a slash/],
    [['ctl', 'restart-all', 'web'], /too many arguments/],
    [['ctl', 'signal', 'web', 'NONSENSE'], /"NONSENSE" is not the name of a signal/],
    [['ctl', 'status', '--jason'], /unknown option '--jason'/],
    [['monitor', '-t', '-1'], /--threshold: expected seconds from 0 to 2147483\.647/],
    [['monitor', '--frequency', '0'], /--frequency: expected seconds/],
    [['monitor', '-m', '5', '-M', '4'], /--maxrestartdelay: expected seconds from 5/],
    [['monitor', '-k'], /option '-k, --killtime <seconds>' argument missing/],
    [['monitor', '--log-level', 'loud'], /--log-level: expected one of/],
    [['monitor', 'extra'], /too many arguments/],
  ])('%j is refused in one line, and nothing is written', async ([word = '', ...rest], line) => {
    const { at, files } = colony();
    const before = files();
    expect(await run([word, ...at, ...rest])).toBe(2);
    expect(err).toMatch(/^ncolony: [^\n]+\n$/);
    expect(err).toMatch(line);
    expect(err).not.toContain('s3cret');
    expect(out).toBe('');
    expect(files()).toEqual(before);
    expect(runMonitor).not.toHaveBeenCalled();
  });

  it.each([
    [[], /a command is missing/],
    [['moniter'], /unknown command 'moniter' \(Did you mean monitor\?\)/],
    [['--nonsense'], /unknown option '--nonsense'/],
    [['monitor', '--config', '/c'], /--messages is needed/],
    [['monitor', '--messages', '/m'], /--config is needed/],
    [['ctl', 'add', 'x', '--cmd', 'cat'], /--config is needed/],
    [['ctl', '--messages', '/m', 'add', 'x', '--cmd', 'cat'], /--config is needed/],
    [['ctl', '--config', '/c', 'restart', 'x'], /--messages is needed/],
    [['ctl', '--config', '/c', 'start', 'x'], /--messages is needed/],
    [['ctl', '--messages', '/m', 'remove', 'x'], /--config is needed/],
    [['ctl', 'restart-all'], /--messages is needed/],
    [['ctl', 'check'], /--config is needed/],
    [['ctl', '--config', '', 'check'], /--config: expected a directory/],
    [['ctl', '--home', '', 'check'], /--home: expected a directory/],
    [['demo', 'extra'], /too many arguments/],
  ])('%j is refused in one line', async (words, line) => {
    expect(await run(words)).toBe(2);
    expect(err).toMatch(/^ncolony: [^\n]+\n$/);
    expect(err).toMatch(line);
    expect(out).toBe('');
  });

  it('extras that are not UTF-8 are refused in one line', async () => {
    const { at, config, home } = colony();
    const extras = join(home, 'extras');
    writeFileSync(extras, Buffer.from('{"token":"\xff"}', 'latin1'));
    expect(await run(['ctl', ...at, 'add', 'new', '--cmd', 'cat', '--extras', `@${extras}`])).toBe(2);
    expect(err).toBe('ncolony: --extras: the file is not UTF-8\n');
    expect(readdirSync(config)).toEqual(['web']);
  });

  it('creates no home', async () => {
    const home = join(scratch(), 'colony');
    expect(await run(['ctl', '--home', home, 'add', 'x', '--cmd', 'cat', '--uid', 'abc'])).toBe(2);
    expect(await run(['monitor', '--home', home, '-t', 'abc'])).toBe(2);
    expect(() => readdirSync(home)).toThrow(/ENOENT/);
  });
});

describe('ncolony ctl', () => {
  it('takes its options before the word or after it, the latter first', async () => {
    const { config, messages } = colony();
    expect(await run(['ctl', '--config', '/none', '--messages', messages, 'restart', '--config', config, 'web'])).toBe(
      0,
    );
    expect(await run(['ctl', 'restart', 'web', '--config', config, '--messages', messages])).toBe(0);
    expect(readdirSync(messages)).toHaveLength(2);
    expect(out + err).toBe('');
  });

  it('takes a home, from the command line or the environment, and creates it for the first program', async () => {
    const home = join(scratch(), 'colony');
    expect(await run(['ctl', '--home', home, 'add', 'web', '--cmd', 'cat'])).toBe(0);
    expect(readdirSync(home).sort()).toEqual(['conf', 'logs', 'messages', 'pid']);
    vi.stubEnv('NCOLONY_HOME', home);
    expect(await run(['ctl', 'restart', 'web'])).toBe(0);
    expect(readdirSync(join(home, 'messages'))).toHaveLength(1);
  });

  it('adds what it is told to, word for word', async () => {
    const { at, config } = colony();
    const extras = join(scratch(), 'extras.json');
    writeFileSync(extras, '{"from": "a file", "big": 12345678901234567890}');
    const words =
      'add x --cmd sh --arg -c --arg --version --arg=--config --env A=1=2 --env EMPTY= --env-inherit PATH --uid 33 --gid 34 --group a --group b';
    for (const file of [`@${extras}`, extras]) {
      expect(await run(['ctl', ...at, ...words.split(' '), '--extras', file])).toBe(0);
      const text = readFileSync(join(config, 'x'), 'utf8');
      expect(text).toContain('12345678901234567890');
      expect(JSON.parse(text)).toMatchObject({
        args: ['sh', '-c', '--version', '--config'],
        env: { A: '1=2', EMPTY: '' },
        uid: 33,
        gid: 34,
        env_inherit: ['PATH'],
        group: ['a', 'b'],
        from: 'a file',
      });
    }
    expect(out + err).toBe('');
  });

  it('warns of what is likely misspelt and adds it all the same', async () => {
    const { at } = colony();
    expect(await run(['ctl', ...at, 'add', 'x', '--cmd', 'cat', '--extras', '{"ncolony.wnated":1}'])).toBe(0);
    expect(err).toBe('ncolony: warning: ncolony.wnated: not a key that ncolony knows\n');
  });

  it('does what each word says, in silence', async () => {
    const { at, config, messages } = colony();
    for (const words of [
      'stop web',
      'start web',
      'restart web',
      'restart-all',
      'restart-group all',
      'signal web usr1',
    ]) {
      expect(await run(['ctl', ...at, ...words.split(' ')])).toBe(0);
    }
    const types = readdirSync(messages)
      .sort()
      .map((id) => JSON.parse(readFileSync(join(messages, id), 'utf8')) as object);
    expect(types).toEqual([
      { type: 'START', name: 'web' },
      { type: 'RESTART', name: 'web' },
      { type: 'RESTART-ALL' },
      { type: 'RESTART-GROUP', group: 'all' },
      { type: 'SIGNAL', name: 'web', signal: 'SIGUSR1' },
    ]);
    expect(await run(['ctl', ...at, 'remove', 'web'])).toBe(0);
    expect(readdirSync(config)).toEqual([]);
    expect(out + err).toBe('');
  });

  it.each(['restart nobody', 'remove nobody', 'stop nobody', 'start nobody', 'signal nobody HUP', 'status nobody'])(
    '%s: there is none, exit code 1',
    async (words) => {
      const { at, files } = colony();
      const before = files();
      expect(await run(['ctl', ...at, ...words.split(' ')])).toBe(1);
      expect(err).toBe('ncolony: there is no program "nobody"\n');
      expect(files()).toEqual(before);
    },
  );

  it('exits with 1 where no program is of the group, or a directory cannot be used', async () => {
    const { at, config } = colony();
    expect(await run(['ctl', ...at, 'restart-group', 'none'])).toBe(1);
    expect(await run(['ctl', ...at, 'restart-all', '--messages', '/none'])).toBe(1);
    expect(await run(['ctl', 'status', '--config', '/none', '--messages', config])).toBe(1);
    expect(err.split('\n').slice(0, -1)).toEqual([
      'ncolony: no program is of the group "none"',
      expect.stringMatching(/^ncolony: \/none: cannot be written \(ENOENT/),
      expect.stringMatching(/^ncolony: \/none: cannot be read \(ENOENT/),
    ]);
  });

  it('checks files, for people and for programs', async () => {
    const { at, config } = colony();
    expect(await run(['ctl', ...at, 'check'])).toBe(0);
    expect(out).toBe('1 file is good.\n');
    out = '';
    writeFileSync(join(config, 'bad'), '{"args":["cat"],"env":{"TOKEN":["s3cret"]}}');
    expect(await run(['ctl', ...at, 'check'])).toBe(1);
    expect(out).toBe(`${config}/bad: env.TOKEN: expected string, received array\n`);
    out = '';
    expect(await run(['ctl', 'check', '--json', join(config, 'bad'), join(config, 'web')])).toBe(1);
    expect(JSON.parse(out)).toEqual({
      version: 1,
      checked: 2,
      faults: [{ file: `${config}/bad`, code: 'ESCHEMA', message: 'env.TOKEN: expected string, received array' }],
      warnings: [],
    });
    expect(err).toBe('');
  });

  it('shows the last that is known where no monitor runs, and says so: exit code 3', async () => {
    const { at, messages } = colony();
    expect(await run(['ctl', ...at, 'status'])).toBe(3);
    expect(out).toMatch(/^No monitor runs\..*\nNAME .*\nweb .*\n$/);
    expect(err).toBe(`ncolony: no monitor runs on ${messages}\n`);
    out = '';
    expect(await run(['ctl', ...at, 'status', 'web', '--json'])).toBe(3);
    expect(JSON.parse(out)).toMatchObject({ version: 1, monitor: null, programs: [{ name: 'web', state: null }] });
    expect(out + err).not.toContain('s3cret');
  });

  it('exits with 0 where all that is wanted up is running, else with 1', async () => {
    const { at, messages } = colony();
    const paths = runtimePaths(messages);
    mkdirSync(paths.status, { recursive: true });
    const startTime = Number(readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ')[19]);
    writeFileSync(paths.monitor, JSON.stringify({ version: 1, pid: process.pid, startTime, since: '', ncolony: '' }));
    expect(await run(['ctl', ...at, 'status'])).toBe(1);
    writeFileSync(join(paths.status, 'web.json'), JSON.stringify({ version: 1, ...statusOf(), content: null }));
    expect(await run(['ctl', ...at, 'status'])).toBe(0);
    expect(await run(['ctl', ...at, 'status', 'web'])).toBe(0);
    expect(err).toBe('');
  });
});

describe('ncolony monitor', () => {
  it('runs with what it was told, and exits as it says', async () => {
    const { at, config, messages } = colony();
    runMonitor.mockResolvedValue(1);
    const words = ['-t', '0.5', '-k', '2', '-m', '0.4', '-M', '1.6', '--frequency', '3', '--log-level', 'debug'];
    expect(await run(['monitor', ...at, ...words])).toBe(1);
    expect(runMonitor).toHaveBeenCalledWith({
      config,
      messages,
      pid: undefined,
      logs: undefined,
      logLimits: defaultLogLimits,
      logfile: undefined,
      pidfile: undefined,
      logLevel: 'debug',
      frequency: 3_000,
      trustDirectories: false,
      timings: { threshold: 500, killtime: 2_000, minRestartDelay: 400, maxRestartDelay: 1_600 },
    });
  });

  it('creates its home', async () => {
    const home = join(scratch(), 'colony');
    expect(await run(['monitor', '--home', home])).toBe(0);
    expect(readdirSync(home).sort()).toEqual(['conf', 'logs', 'messages', 'pid']);
  });

  it('is refused in one line where it cannot run', async () => {
    const { at } = colony();
    runMonitor.mockRejectedValue(new ColonyError('ELOCKED', 'the monitor 4711\nhas it'));
    expect(await run(['monitor', ...at])).toBe(1);
    expect(err).toBe('ncolony: the monitor 4711\\nhas it\n');
  });
});

describe('ncolony', () => {
  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    for (const option of ['--version', '-V']) expect(await run([option])).toBe(0);
    expect(out).toBe(`${version}\n${version}\n`);
  });

  it.each([
    [],
    ['monitor'],
    ['demo'],
    ['ctl'],
    ...['add', 'remove', 'restart', 'restart-all', 'restart-group', 'stop', 'start', 'signal', 'status', 'check'].map(
      (word) => ['ctl', word],
    ),
  ])('helps with %s %s, with an example', async (...words) => {
    expect(await run([...words, '--help'])).toBe(0);
    const help = out;
    expect(help).toMatch(new RegExp(`^Usage: ${['ncolony', ...words].join(' ')} `));
    expect(help).toContain('Example:\n  $ ncolony ');
    out = '';
    expect(await run(['help', ...words])).toBe(0);
    expect(out).toBe(help);
    expect(err).toBe('');
  });

  it('tells of a defect in one line, and of its stack to those who ask for it', async () => {
    const { at } = colony();
    runMonitor.mockRejectedValue(new TypeError('a is not\na function'));
    expect(await run(['monitor', ...at])).toBe(1);
    expect(err).toBe('ncolony: a defect: a is not\n');
    vi.stubEnv('NCOLONY_DEBUG', '1');
    expect(await run(['monitor', ...at])).toBe(1);
    expect(err).toContain('cli.test.ts');
  });
});
