import { constants } from 'node:os';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { Fact } from '../../machines/index.js';
import { programStates } from '../../machines/program-context.js';
import type { ProgramView } from '../live-protocol.js';

/** What Prometheus is told, in its text format. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #rejectedFiles: Counter;
  readonly #rejectedMessages: Counter;
  readonly #look: () => readonly ProgramView[];
  #programs: readonly ProgramView[] = [];

  /** `look`: asked for all programs at each scrape. */
  constructor(look: () => readonly ProgramView[]) {
    this.#look = look;
    const programs = () => this.#programs;
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry, prefix: 'ncolony_' });
    this.#rejectedFiles = new Counter({
      name: 'ncolony_files_rejected_total',
      help: 'Times that a program file was found bad.',
      registers,
    });
    this.#rejectedMessages = new Counter({
      name: 'ncolony_messages_rejected_total',
      help: 'Messages that could not be obeyed.',
      registers,
    });

    const gauge = (name: string, help: string, value: (program: ProgramView) => number | null) =>
      new Gauge({
        name: `ncolony_program_${name}`,
        help,
        labelNames: ['name'],
        registers,
        collect() {
          this.reset();
          for (const program of programs()) {
            const now = value(program);
            if (now !== null) this.set({ name: program.name }, now);
          }
        },
      });
    const counter = (name: string, help: string, value: (program: ProgramView) => number) =>
      new Counter({
        name: `ncolony_program_${name}_total`,
        help,
        labelNames: ['name'],
        registers,
        collect() {
          this.reset();
          for (const program of programs()) this.inc({ name: program.name }, value(program));
        },
      });

    this.#addStates();
    gauge('wanted', '1: the files want it up, 0: down.', ({ wanted }) => (wanted === 'up' ? 1 : 0));
    gauge('file_rejected', '1: its file is bad now.', ({ isRejected }) => (isRejected ? 1 : 0));
    gauge('uptime_seconds', 'Since its present process was started.', ({ startedAt }) =>
      startedAt === null ? null : Math.max(0, Date.now() - Date.parse(startedAt)) / 1000,
    );
    gauge('last_exit_code', 'Of its last process; 128 and the number of the signal that ended it.', exitCode);
    gauge(
      'backoff_delay_seconds',
      'The wait after its next death at once, or the one that is going on.',
      ({ restartDelay }) => (restartDelay === null ? null : restartDelay / 1000),
    );
    counter('starts', 'Processes that were started.', ({ starts }) => starts);
    counter('restarts', 'Starts after the first.', ({ restarts }) => restarts);
    counter('instant_deaths', 'Exits before the threshold.', ({ instantDeaths }) => instantDeaths);
  }

  #addStates(): void {
    const gauge = new Gauge({
      name: 'ncolony_program_state',
      help: '1 for the state that a program is in, 0 for the others.',
      labelNames: ['name', 'state'],
      registers: [],
      collect: () => {
        gauge.reset();
        for (const { name, state } of this.#programs) {
          for (const each of programStates) gauge.set({ name, state: each }, each === state ? 1 : 0);
        }
      },
    });
    this.#registry.registerMetric(gauge);
  }

  observe(fact: Fact): void {
    if (fact.type === 'config.rejected') this.#rejectedFiles.inc();
    if (fact.type === 'message.judged' && fact.outcome.kind === 'rejected') this.#rejectedMessages.inc();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    this.#programs = this.#look();
    return this.#registry.metrics();
  }
}

function exitCode({ lastExit }: ProgramView): number | null {
  if (lastExit === null) return null;
  return lastExit.code ?? 128 + (constants.signals[lastExit.signal as NodeJS.Signals] ?? 0);
}
