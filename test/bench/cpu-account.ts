import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

// A group of processes has a count of its own in the kernel, to the microsecond and with all that came and went in it.
// What /proc says of a process is in hundredths, and of those that are nobody's child any more it says nothing.

const places = [
  { root: '/sys/fs/cgroup', file: 'cpu.stat' },
  { root: '/sys/fs/cgroup/unified', file: 'cpu.stat' },
  { root: '/sys/fs/cgroup/cpuacct', file: 'cpuacct.usage' },
];

let accounts = 0;

/** The CPU time of a supervisor and of everything that it starts, by a control group. */
export class CpuAccount {
  readonly #directory: string;
  readonly #file: string;

  /** `undefined`: no control group can be made here. */
  static open(): CpuAccount | undefined {
    for (const { root, file } of places) {
      if (!existsSync(join(root, 'cgroup.procs'))) continue;
      try {
        const directory = join(root, `ncolony-bench-${process.pid}-${accounts++}`);
        mkdirSync(directory);
        const account = new CpuAccount(directory, file);
        account.seconds();
        return account;
      } catch {
        // Not ours, or not this kind.
      }
    }
    return undefined;
  }

  private constructor(directory: string, file: string) {
    this.#directory = directory;
    this.#file = join(directory, file);
  }

  /** The words of a command that runs another one in this group. */
  get words(): readonly string[] {
    return ['/bin/sh', '-c', `echo $$ >${join(this.#directory, 'cgroup.procs')} && exec "$@"`, 'sh'];
  }

  seconds(): number {
    const text = readFileSync(this.#file, 'utf8');
    const microseconds = /^usage_usec (\d+)/m.exec(text)?.[1];
    return microseconds === undefined ? Number(text) / 1e9 : Number(microseconds) / 1e6;
  }

  /** To be called when all of it has ended: some are still on their way out then. */
  async close(): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
      try {
        rmdirSync(this.#directory);
        return;
      } catch {
        await pause(20);
      }
    }
  }
}
