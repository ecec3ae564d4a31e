import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const readme = readFileSync('README.md', 'utf8');

/** The shell commands of an example, by the name in its marker. */
function example(name: string): string {
  const block = new RegExp(`<!-- example ${name} -->\\s*\`\`\`sh\\n([^]*?)\`\`\``).exec(readme)?.[1];
  if (block === undefined) throw new Error(`README has no example ${name}`);
  return block;
}

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ncolony-readme-'));
  const command = join(directory, 'ncolony');
  writeFileSync(command, `#!/bin/sh\nexec ${process.execPath} ${resolve('dist/src/cli.js')} "$@"\n`);
  chmodSync(command, 0o755);
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Runs a script as a reader would who copies it, line after line; every line has to succeed. */
async function run(script: string): Promise<{ code: number | null; output: string }> {
  const shell = spawn('sh', ['-c', `set -e\n${script}`], {
    cwd: directory,
    env: { ...process.env, PATH: `${directory}:${process.env['PATH']}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  shell.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  shell.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(shell, 'close')) as [number | null];
  return { code, output };
}

describe('README', () => {
  test('the session runs as it is written, and CTRL-C ends it', async () => {
    const waitForIt = 'until ncolony ctl --messages messages --config conf status; do sleep 0.1; done';
    const session = example('session').replace(/^(ncolony monitor.*&)$/m, `$1\nmonitor=$!\n${waitForIt}`);
    expect(session).toContain(waitForIt);
    const { code, output } = await run(`${session}\nkill -INT $monitor\nwait $monitor`);
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toMatch(/my-cat-program +running/);
    expect(output).toContain('all programs are stopped');
  });

  test('what an operator does runs as it is written', async () => {
    const monitor = 'ncolony monitor --home colony --logfile log -t 0.1 &\nmonitor=$!';
    const waitForIt = 'until ncolony ctl --home colony status; do sleep 0.1; done';
    const { code, output } = await run(`${monitor}\n${waitForIt}\n${example('desk')}\nkill $monitor\nwait $monitor`);
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toMatch(/running → killing: restart asked for by message /);
    expect(output).toMatch(/web has been (?:starting|running) for /);
  });

  test('every option of the monitor is in its table, and no other', async () => {
    const { output } = await run('ncolony monitor --help');
    const options = [...output.matchAll(/^ +(?:-\w, )?(--[\w-]+)/gm)].map(([, option]) => option);
    const table = /^## The monitor\n([^]*?)\n## /m.exec(readme)?.[1] ?? '';
    const documented = [...table.matchAll(/^\| (?:`-\w`, )?`(--[\w-]+)/gm)].map(([, option]) => option);
    expect(new Set(documented)).toEqual(new Set(options.filter((option) => option !== '--help')));
  });

  test('every subcommand of ctl is in its table, and no other', async () => {
    const { output } = await run('ncolony ctl --help');
    const commands = [...(output.split(/^Commands:$/m)[1] ?? '').matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name);
    const table = /^## ctl\n([^]*?)\n## /m.exec(readme)?.[1] ?? '';
    const rows = [...table.matchAll(/^\| (`.*?) +\| /gm)].map(([, row]) => row ?? '');
    const documented = rows.flatMap((row) => [...row.matchAll(/(?:^|, )`([a-z-]+)/g)].map(([, name]) => name));
    expect(new Set(documented)).toEqual(new Set(commands.filter((name) => name !== 'help')));
  });

  test('every command has a section with its options, its exit codes and an example', async () => {
    const { commands, optionsOf } = await everyCommand();
    const sections = new Map([...referenceText().matchAll(/^### `(.+?)`\n([^]*?)(?=\n### |$(?![^]))/gm)].map(asPair));
    expect(new Set(sections.keys())).toEqual(new Set(commands));
    for (const command of commands) {
      const text = sections.get(command) ?? '';
      const about = command === 'ncolony monitor' ? `${text}${monitorTable()}` : text;
      const missing = (optionsOf.get(command) ?? []).filter((option) => !about.includes(`\`${option}`));
      expect({ command, missing, exits: /^Exits | Exits /m.test(text) || command === 'ncolony ctl' }).toEqual({
        command,
        missing: [],
        exits: true,
      });
      expect(text).toContain(`\`${command}`);
    }
  });

  test('the examples of the commands run as they are written, one after the other', async () => {
    const names = [...referenceText().matchAll(/^<!-- example (.+) -->$/gm)].map(([, name]) => name ?? '');
    const untilItRuns = 'until ncolony ctl --home colony status > status.log; do sleep 0.1; done';
    const script = names.map((name) => {
      if (name === 'ncolony monitor') return `${example(name)}monitor=$!`;
      return name === 'ncolony ctl status' ? `${untilItRuns}\n${example(name)}` : example(name);
    });
    expect(script.join('\n')).toContain(untilItRuns);
    const { code, output } = await run(`${script.join('\n')}\nkill -INT $monitor\nwait $monitor`);
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toContain('web: would be restarted (args, env, group)');
    const shown = /The second one prints:\n\n```\n([^]*?)```/.exec(readme)?.[1] ?? 'nothing';
    expect(output).toContain(shown);
  });
});

const referenceText = () => /^## Commands\n([^]*?)\n## /m.exec(readme)?.[1] ?? '';
const monitorTable = () => /^## The monitor\n([^]*?)\n## /m.exec(readme)?.[1] ?? '';
const asPair = ([, name = '', text = '']: RegExpExecArray): [string, string] => [name, text];

/** Every command that --help leads to, and its own options. */
async function everyCommand() {
  const commands: string[] = [];
  const optionsOf = new Map<string, string[]>();
  const ofAll = ['--help', '--version'];
  const visit = async (command: string, known: readonly string[]) => {
    const { output } = await run(`${command} --help`);
    const found = [...output.matchAll(/^ +(?:-\w, )?(--[\w-]+)/gm)].map(([, option]) => option ?? '');
    const own = found.filter((option) => !known.includes(option));
    if (command !== 'ncolony') commands.push(command);
    optionsOf.set(command, own);
    const words = [...(output.split(/^Commands:$/m)[1] ?? '').matchAll(/^ {2}([a-z-]+)/gm)].map(([, word]) => word);
    for (const word of words) await visit(`${command} ${word}`, [...known, ...own]);
  };
  await visit('ncolony', ofAll);
  return { commands, optionsOf };
}
