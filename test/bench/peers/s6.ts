import { commandPath, run, type Peer } from '../peer.js';
import type { Program } from '../programs.js';
import { ScanDirectory } from './scan-directory.js';

/** s6-svscan, with an s6-log for each program or without. */
export function s6(withLoggers: boolean): Peer {
  return {
    name: withLoggers ? 's6, s6-log' : 's6',
    version: () => (commandPath('s6-svscan') === undefined ? undefined : 'installed'),
    create: (home) => new S6(home, withLoggers),
  };
}

class S6 extends ScanDirectory {
  readonly #withLoggers: boolean;

  constructor(home: string, withLoggers: boolean) {
    super(home);
    this.#withLoggers = withLoggers;
  }

  protected command(): readonly string[] {
    return ['s6-svscan', '-c', '10000', this.scanned];
  }

  protected logger(directory: string): readonly string[] | undefined {
    // Files as large as they may be, so that none of the output is deleted.
    return this.#withLoggers ? ['s6-log', 'n20', 's268435455', directory] : undefined;
  }

  add(program: Program): Promise<void> {
    this.write(program);
    return run(['s6-svscanctl', '-a', this.scanned]);
  }

  remove(name: string): Promise<void> {
    this.takeAway(name);
    return run(['s6-svscanctl', '-an', this.scanned]);
  }

  status(name: string): readonly string[] {
    return ['s6-svstat', this.directoryOf(name)];
  }

  restart(name: string): readonly string[] {
    return ['s6-svc', '-r', this.directoryOf(name)];
  }
}
