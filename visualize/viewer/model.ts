import type { Timings } from '../../machines/index.js';
import type {
  ActorView,
  ConfigView,
  Flow,
  OutputLine,
  ProgramBelow,
  ProgramView,
  ServerMessage,
  Session,
  Told,
} from '../live-protocol.js';

export type Link = 'connecting' | 'live' | 'lost' | 'denied';

/** What changed; a page looks at what it shows. */
export type Change = 'programs' | 'facts' | 'link' | 'watched' | 'output' | 'actors' | 'flows';

const keptFacts = 200;
const keptHistory = 300;
const keptFlows = 400;

/** What the page knows. While the connection is lost it knows no more than it did at that moment. */
export class Model {
  readonly programs = new Map<string, ProgramView>();
  /** Programs that changed since somebody asked. */
  readonly touched = new Set<string>();
  /** What programs that are colonies have below them. */
  below: ReadonlyMap<string, readonly ProgramBelow[]> = new Map();
  facts: readonly Told[] = [];
  link: Link = 'connecting';
  mode: Session['mode'] = 'live';
  /** Tells the time where it is not that of a monitor that is listened to. */
  clock: (() => number) | undefined;
  /** When something was last heard, in ms of the server's clock. */
  heardAt = 0;
  monitor: { readonly pid: number; readonly since: string; readonly version: string } | undefined;
  timings: Timings | undefined;
  control = false;
  isStopping = false;

  watched: string | undefined;
  history: readonly Told[] = [];
  config: ConfigView | null = null;
  context: Readonly<Record<string, unknown>> = {};
  output: readonly OutputLine[] = [];

  actors: readonly ActorView[] = [];
  flows: readonly Flow[] = [];
  droppedFlows = 0;

  readonly #listeners = new Set<(changes: ReadonlySet<Change>) => void>();
  readonly #changes = new Set<Change>();
  #offset = 0;
  #isScheduled = false;

  /** The server's clock, which stands still while nothing is heard of it. */
  get now(): number {
    if (this.clock !== undefined) return this.clock();
    return this.link === 'live' ? Date.now() + this.#offset : this.heardAt;
  }

  listen(listener: (changes: ReadonlySet<Change>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  become(link: Link): void {
    if (this.link === link) return;
    this.link = link;
    this.#note('link');
  }

  watch(name: string | undefined): void {
    this.watched = name;
    this.history = [];
    this.config = null;
    this.context = {};
    this.output = [];
    this.#note('watched');
  }

  take(message: ServerMessage): void {
    switch (message.type) {
      case 'hello':
        this.#hear(message.now);
        this.monitor = message.monitor;
        this.timings = message.timings;
        this.control = message.control;
        for (const name of this.programs.keys()) this.touched.add(name);
        this.programs.clear();
        this.#replace(message.programs);
        this.below = new Map();
        this.facts = message.facts;
        this.flows = [];
        this.droppedFlows = 0;
        this.isStopping = false;
        this.become('live');
        this.#note('programs', 'facts', 'link');
        break;
      case 'changes':
        this.#hear(message.now);
        if (this.isStopping !== message.stopping) this.#note('link');
        this.isStopping = message.stopping;
        if (message.programs.length + message.removed.length > 0) this.#note('programs');
        this.#replace(message.programs);
        for (const name of message.removed) {
          this.programs.delete(name);
          this.touched.add(name);
        }
        if (message.facts.length > 0) this.#tell(message.facts);
        break;
      case 'program':
        if (message.name !== this.watched) break;
        this.history = message.history;
        this.config = message.config;
        this.context = message.context;
        this.#note('watched');
        break;
      case 'below':
        this.below = new Map(message.colonies.map(({ name, programs }) => [name, programs]));
        this.#note('programs');
        break;
      case 'context':
        if (message.name !== this.watched) break;
        this.context = message.context;
        this.#note('watched');
        break;
      case 'output':
        if (message.name !== this.watched) break;
        this.output = message.lines;
        this.#note('output');
        break;
      case 'actors':
        this.actors = message.actors;
        this.#note('actors');
        break;
      case 'flows':
        this.flows = [...this.flows, ...message.flows].slice(-keptFlows);
        this.droppedFlows += message.dropped;
        this.#note('flows');
        break;
    }
  }

  #replace(programs: readonly ProgramView[]): void {
    for (const program of programs) {
      this.programs.set(program.name, program);
      this.touched.add(program.name);
    }
  }

  #tell(facts: readonly Told[]): void {
    this.facts = [...this.facts, ...facts].slice(-keptFacts);
    const { watched } = this;
    const ours = facts.filter(({ fact }) => watched !== undefined && 'name' in fact && fact.name === watched);
    if (ours.length > 0) {
      this.history = [...this.history, ...ours].slice(-keptHistory);
      this.#note('watched');
    }
    this.#note('facts');
  }

  #hear(now: number): void {
    this.#offset = now - Date.now();
    this.heardAt = now;
  }

  // Pages are drawn once a frame, however much was heard since the last one.
  #note(...changes: readonly Change[]): void {
    for (const change of changes) this.#changes.add(change);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      const noted = new Set(this.#changes);
      this.#changes.clear();
      for (const listener of this.#listeners) listener(noted);
      this.touched.clear();
    });
  }
}
