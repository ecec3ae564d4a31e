import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandPath, Foreground, quoted, run, type Peer } from '../peer.js';
import type { Program } from '../programs.js';

export const supervisord: Peer = {
  name: 'supervisord',
  version: () => (commandPath('supervisord') === undefined ? undefined : versionOf('supervisord')),
  create: (home) => new Supervisord(home),
};

const versionOf = (command: string) => execFileSync(command, ['--version'], { encoding: 'utf8' }).trim();

class Supervisord extends Foreground {
  readonly output: string;
  readonly #settings: string;
  readonly #programs: string;

  constructor(home: string) {
    super(home);
    this.output = join(home, 'logs');
    this.#programs = join(home, 'conf.d');
    this.#settings = join(home, 'supervisord.conf');
    for (const path of [this.output, this.#programs]) mkdirSync(path);
    const socket = join(home, 'socket');
    const factory = 'supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface';
    const sections = [
      `[unix_http_server]\nfile = ${socket}`,
      `[supervisord]\nnodaemon = true\nlogfile = ${join(home, 'supervisord.log')}\npidfile = ${join(home, 'pid')}\nminfds = 8192`,
      `[rpcinterface:supervisor]\n${factory}`,
      `[supervisorctl]\nserverurl = unix://${socket}`,
      `[include]\nfiles = ${this.#programs}/*.conf`,
    ];
    writeFileSync(this.#settings, sections.join('\n\n'));
  }

  protected command(): readonly string[] {
    return ['supervisord', '-c', this.#settings];
  }

  write({ name, args }: Program): void {
    const into = (stream: string) => {
      const path = join(this.output, `${name}.${stream}`);
      return `${stream}_logfile = ${path}\n${stream}_logfile_maxbytes = 0\n`;
    };
    const text = `[program:${name}]\ncommand = ${quoted(args)}\n${into('stdout')}${into('stderr')}`;
    writeFileSync(this.#fileOf(name), text);
  }

  add(program: Program): Promise<void> {
    this.write(program);
    return run(this.#control('update', program.name));
  }

  remove(name: string): Promise<void> {
    rmSync(this.#fileOf(name));
    return run(this.#control('update', name));
  }

  status(name: string): readonly string[] {
    return this.#control('status', name);
  }

  restart(name: string): readonly string[] {
    return this.#control('restart', name);
  }

  #control(...words: readonly string[]): readonly string[] {
    return ['supervisorctl', '-c', this.#settings, ...words];
  }

  #fileOf(name: string): string {
    return join(this.#programs, `${name}.conf`);
  }
}
