import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandPath, type Peer } from '../peer.js';
import type { Program } from '../programs.js';
import { ScanDirectory } from './scan-directory.js';

/** runsvdir, with an svlogd for each program or without. */
export function runit(withLoggers: boolean): Peer {
  return {
    name: withLoggers ? 'runit, svlogd' : 'runit',
    most: 1_000,
    version: () => (commandPath('runsvdir') === undefined ? undefined : 'installed'),
    create: (home) => new Runit(home, withLoggers),
  };
}

class Runit extends ScanDirectory {
  readonly #withLoggers: boolean;

  constructor(home: string, withLoggers: boolean) {
    super(home);
    this.#withLoggers = withLoggers;
  }

  protected command(): readonly string[] {
    return ['runsvdir', this.scanned];
  }

  protected logger(directory: string): readonly string[] | undefined {
    return this.#withLoggers ? ['svlogd', directory] : undefined;
  }

  override write(program: Program): void {
    super.write(program);
    // No rotation, which would delete some of the output.
    if (this.#withLoggers) writeFileSync(join(this.logs, program.name, 'config'), 's0\n');
  }

  /** It looks every five seconds by itself. */
  add(program: Program): void {
    this.write(program);
  }

  remove(name: string): void {
    this.takeAway(name);
  }

  status(name: string): readonly string[] {
    return ['sv', 'status', this.directoryOf(name)];
  }

  restart(name: string): readonly string[] {
    return ['sv', 'restart', this.directoryOf(name)];
  }

  // SIGTERM would leave everything running.
  override stop(): void {
    this.child?.kill('SIGHUP');
  }
}
