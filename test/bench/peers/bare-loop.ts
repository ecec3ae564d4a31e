import { fileURLToPath } from 'node:url';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Foreground, type Peer } from '../peer.js';
import type { Program } from '../programs.js';

const script = fileURLToPath(new URL('../bare-node.js', import.meta.url));

/** Node and nothing else: what all figures are compared with. */
export function bareLoop(mostStarts = Number.MAX_SAFE_INTEGER, direct = false): Peer {
  return {
    name: 'bare Node loop',
    ...(direct && { descriptors: 1 }),
    version: () => process.version,
    create: (home) => new BareLoop(home, mostStarts, direct),
  };
}

class BareLoop extends Foreground {
  readonly #mostStarts: number;
  readonly #direct: boolean;
  readonly #programs: Program[] = [];

  constructor(home: string, mostStarts: number, direct: boolean) {
    super(home);
    this.#direct = direct;
    this.#mostStarts = mostStarts;
  }

  write(program: Program): void {
    this.#programs.push(program);
  }

  protected command(): readonly string[] {
    const list = join(this.home, 'programs.json');
    writeFileSync(list, JSON.stringify(this.#programs));
    return [process.execPath, script, list, String(this.#mostStarts), ...(this.#direct ? [this.home] : [])];
  }

  add(program: Program): void {
    this.child?.stdin?.write(`${JSON.stringify(program)}\n`);
  }
}
