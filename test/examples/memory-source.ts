import type { ConfigScan, ConfigSynced, ProgramSpec } from 'ncolony/machines';
import { fromCallback } from 'xstate';

/** Programs that are given in code: a `config` actor, and how to change what it tells. */
export class MemorySource {
  readonly #programs = new Map<string, ProgramSpec>();
  #told = new Map<string, ProgramSpec>();
  #ticket = 0;
  #tell: ((event: ConfigSynced) => void) | undefined;

  readonly config = fromCallback<ConfigScan>(({ sendBack, receive }) => {
    this.#tell = sendBack;
    this.#told = new Map();
    receive(({ ticket }) => {
      this.#ticket = Math.max(this.#ticket, ticket);
      this.#sync();
    });
    this.#sync();
    return () => (this.#tell = undefined);
  });

  put(spec: ProgramSpec): void {
    this.#programs.set(spec.name, spec);
    this.#sync();
  }

  remove(name: string): void {
    this.#programs.delete(name);
    this.#sync();
  }

  #sync(): void {
    if (this.#tell === undefined) return;
    const [before, now] = [this.#told, new Map(this.#programs)];
    this.#told = now;
    const isSame = (spec: ProgramSpec) =>
      before.get(spec.name)?.revision === spec.revision && before.get(spec.name)?.wanted === spec.wanted;
    const specs = [...now.values()];
    this.#tell({
      type: 'config.synced',
      added: specs.filter(({ name }) => !before.has(name)),
      changed: specs.filter((spec) => before.has(spec.name) && !isSame(spec)).map((spec) => ({ spec, keys: ['code'] })),
      removed: [...before.keys()].filter((name) => !now.has(name)),
      rejected: [],
      healed: [],
      warnings: [],
      ticket: this.#ticket,
    });
  }
}
