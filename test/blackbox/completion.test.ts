import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { test as base } from './colony.js';
import { command, ncolony } from './command.js';

/** A shell in which `ncolony` is the built command and its completion is loaded, in a colony with some programs. */
const test = base.extend<{ complete: (shell: 'bash' | 'zsh', line: string) => string[] }>({
  complete: async ({ colony }, use) => {
    const bin = join(colony.root, 'ncolony');
    writeFileSync(bin, `#!/bin/sh\nexec ${process.execPath} ${command} "$@"\n`);
    chmodSync(bin, 0o755);
    for (const name of ['web', 'my cat', 'a:b', "it's $5"]) colony.write(name, { args: ['cat'], group: ['front'] });
    const environment = { ...process.env, NCOLONY_HOME: colony.root, PATH: `${colony.root}:${process.env['PATH']}` };
    await use((shell, line) => {
      const output = execFileSync(shell, [shell === 'zsh' ? '-fc' : '-c', ask[shell], 'ask', line], {
        cwd: colony.root,
        env: environment,
        encoding: 'utf8',
      });
      return output.split('\n').filter((word) => word !== '');
    });
  },
});

// What the shells do at a TAB, but for the terminal. Bash breaks words at = and : too; zsh hands on whole ones.
const ask = {
  bash: `
    source <(ncolony completion bash)
    complete -p ncolony >/dev/null || exit 1
    COMP_LINE=$1 COMP_POINT=\${#1} word=\${1##*[ =:]}
    _ncolony ncolony "$word" ''
    printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: `
    compdef() { [[ "$*" == '_ncolony ncolony' ]] || exit 1 }
    source <(ncolony completion zsh)
    compadd() { [[ \${#found} == \${#shown} ]] && print -rl -- "\${found[@]}" }
    compset() { : }
    _files() { print "files $*" }
    words=(\${(z)1}) PREFIX=
    if [[ $1 == *' ' ]]; then words+=('') else PREFIX=$words[-1]; fi
    CURRENT=\${#words}
    _ncolony || true`,
};

const hasZsh = spawnSync('zsh', ['--version']).status === 0;

test('bash completes commands, options, programs, groups and places', ({ complete, colony }) => {
  const bash = (line: string) => complete('bash', line);
  expect(bash('ncolony ctl restart')).toEqual(['restart', 'restart-all', 'restart-group']);
  expect(bash('ncolony ctl restart ')).toEqual(['a:b', "it\\'s\\ \\$5", 'my\\ cat', 'web']);
  expect(bash('ncolony ctl restart a:')).toEqual(['b']);
  expect(bash('ncolony ctl restart-group f')).toEqual(['front']);
  expect(bash('ncolony monitor --fre')).toEqual(['--frequency']);
  expect(bash('ncolony monitor --log-level=wa')).toEqual(['warn']);
  expect(bash(`ncolony ctl --home ${colony.root}/con`)).toEqual([`${colony.root}/conf`]);
  expect(bash(`ncolony ctl --home=${colony.root}/con`)).toEqual([`${colony.root}/conf`]);
  expect(bash('ncolony ctl check ncol')).toEqual(['ncolony']);
  expect(bash('ncolony nonsense ')).toEqual([]);
});

test.runIf(hasZsh)('zsh completes the same', ({ complete }) => {
  const zsh = (line: string) => complete('zsh', line);
  expect(zsh('ncolony ')).toContain('simulate');
  expect(zsh('ncolony ctl restart')).toEqual(['restart', 'restart-all', 'restart-group']);
  expect(zsh('ncolony ctl restart ')).toEqual(['a:b', "it's $5", 'my cat', 'web']);
  expect(zsh('ncolony ctl restart my\\ c')).toEqual(['my cat']);
  expect(zsh('ncolony monitor --log-level=wa')).toEqual(['--log-level=warn']);
  expect(zsh('ncolony ctl --home=/t')).toEqual(['files -/']);
  expect(zsh('ncolony ctl check ')).toEqual(['files ']);
  expect(zsh('ncolony nonsense ')).toEqual([]);
});

test('there is a script for these two shells only', async () => {
  expect(await ncolony(['completion', 'fish'])).toEqual({
    code: 2,
    stdout: '',
    stderr: 'ncolony: completion: expected one of bash, zsh\n',
  });
});
