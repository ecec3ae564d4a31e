import type { ActorRefFrom, InspectionEvent, Subscription } from 'xstate';
import type { WebSocket } from 'ws';
import type { Fact, supervisorMachine, Timings } from '../../machines/index.js';
import type { Places } from '../../src/ctl/places.js';
import type { Flow, ProgramView, ServerMessage, Told, ViewerMessage } from '../live-protocol.js';
import { silenceMs } from '../live-protocol.js';
import { actorTree } from '../actor-tree.js';
import { flowOf } from '../flows.js';
import { Clients } from './clients.js';
import { coloniesBelow } from './colonies-below.js';
import { namesIn, type ColonyView } from '../colony-view.js';
import { configViewOf } from './config-view.js';
import type { OutputTails } from './output-tails.js';

const noColonies: ServerMessage = { type: 'below', colonies: [] };
const mostClients = 64;
/** What changes in one moment is told together: a crash is seen in good time, a crowd costs little. */
const coalesceMs = 40;
/** Who has so much waiting is told later, of all that changed until then. */
const busyBytes = 512 * 1024;
const mostFacts = 100;
const mostFlows = 200;
const treeMs = 1_000;

interface Viewer {
  readonly socket: WebSocket;
  /** Programs of which it has to be told. */
  readonly dirty: Set<string>;
  facts: Told[];
  watched: string | null;
  outputSerial: number;
  isFollowing: boolean;
  flows: Flow[];
  droppedFlows: number;
  tree: string;
  /** What it was told last of the colonies below. */
  below: string;
}

export interface LiveFeedOptions {
  readonly root: ActorRefFrom<typeof supervisorMachine>;
  readonly view: ColonyView;
  readonly tails: OutputTails | undefined;
  readonly places: Places;
  readonly timings: Timings;
  readonly monitor: { readonly pid: number; readonly since: string; readonly version: string };
  readonly control: boolean;
}

/** What our own page is told: the state of everything at first, then what changes. */
export class LiveFeed {
  readonly #options: LiveFeedOptions;
  readonly #clients = new Clients(mostClients);
  readonly #viewers = new Set<Viewer>();
  readonly #pulse: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #inspection: Subscription | undefined;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
    this.#pulse = setInterval(() => this.#beat(), silenceMs / 2).unref();
    if (options.tails) options.tails.onOutput = (name) => this.#noteOutput(name);
  }

  serve(socket: WebSocket): void {
    const viewer: Viewer = {
      socket,
      dirty: new Set(),
      facts: [],
      watched: null,
      outputSerial: -1,
      isFollowing: false,
      flows: [],
      droppedFlows: 0,
      tree: '',
      below: '',
    };
    const isServed = this.#clients.add(socket, () => {
      this.#viewers.delete(viewer);
      this.#inspectIfFollowed();
    });
    if (!isServed) return;
    this.#viewers.add(viewer);
    socket.on('message', (data, isBinary) => {
      const message = isBinary ? undefined : parse((data as Buffer).toString());
      if (message === undefined) socket.close(1008, 'not understood');
      else this.#obey(viewer, message);
    });
    const { view, timings, monitor, control } = this.#options;
    this.#say(viewer, {
      type: 'hello',
      now: Date.now(),
      monitor,
      timings,
      control,
      programs: view.programs(),
      facts: view.told.slice(-mostFacts),
    });
    this.#tellBelow([viewer]);
  }

  observe(fact: Fact, told: Told): void {
    if (this.#viewers.size === 0) return;
    for (const viewer of this.#viewers) {
      for (const name of namesIn(fact)) viewer.dirty.add(name);
      viewer.facts.push(told);
      if (viewer.facts.length > 2 * mostFacts) viewer.facts = viewer.facts.slice(-mostFacts);
    }
    this.#flushSoon();
  }

  close(): void {
    clearInterval(this.#pulse);
    // What is told last is how it ended.
    this.#flush();
    clearTimeout(this.#timer);
    this.#clients.close();
  }

  #obey(viewer: Viewer, message: ViewerMessage): void {
    if (message.type === 'watch') {
      viewer.watched = message.name;
      viewer.outputSerial = -1;
      this.#tellProgram(viewer);
      this.#flushSoon();
    } else {
      viewer.isFollowing = message.on;
      viewer.tree = '';
      viewer.flows = [];
      this.#inspectIfFollowed();
      this.#tellTree(viewer);
    }
  }

  #tellProgram(viewer: Viewer): void {
    const { watched: name } = viewer;
    if (name === null) return;
    const { view, places } = this.#options;
    // Only of what is there: the name comes from outside, and leads to a file.
    const isKnown = view.program(name) !== undefined;
    this.#say(viewer, {
      type: 'program',
      name,
      history: view.history(name),
      config: isKnown ? configViewOf(places.config, name) : null,
      context: view.context(name),
    });
  }

  #tellTree(viewer: Viewer): void {
    if (!viewer.isFollowing) return;
    const actors = actorTree(this.#options.root);
    const tree = JSON.stringify({ type: 'actors', actors } satisfies ServerMessage);
    if (tree === viewer.tree) return;
    viewer.tree = tree;
    this.#clients.send(viewer.socket, tree);
  }

  #noteOutput(name: string): void {
    for (const viewer of this.#viewers) if (viewer.watched === name) this.#flushSoon();
  }

  #flushSoon(): void {
    this.#timer ??= setTimeout(() => this.#flush(), coalesceMs);
  }

  #flush(): void {
    this.#timer = undefined;
    // What several viewers have to be told is looked up once.
    const known = new Map<string, ProgramView | undefined>();
    for (const viewer of this.#viewers) {
      if (viewer.socket.bufferedAmount > busyBytes) this.#flushSoon();
      else this.#tellChanges(viewer, known);
    }
  }

  #tellChanges(viewer: Viewer, known: Map<string, ProgramView | undefined>): void {
    const { view, tails } = this.#options;
    const { watched } = viewer;
    if (viewer.dirty.size > 0 || viewer.facts.length > 0) {
      for (const name of viewer.dirty) if (!known.has(name)) known.set(name, view.program(name));
      const names = [...viewer.dirty];
      this.#say(viewer, {
        type: 'changes',
        now: Date.now(),
        programs: names.map((name) => known.get(name)).filter((program) => program !== undefined),
        removed: names.filter((name) => known.get(name) === undefined),
        facts: viewer.facts.slice(-mostFacts),
        stopping: view.isStopping,
      });
      if (watched !== null && viewer.dirty.has(watched)) this.#tellWatched(viewer, watched);
      viewer.dirty.clear();
      viewer.facts = [];
    }
    if (watched !== null && tails !== undefined && tails.serialOf(watched) !== viewer.outputSerial) {
      viewer.outputSerial = tails.serialOf(watched);
      this.#say(viewer, { type: 'output', name: watched, lines: tails.linesOf(watched) });
    }
    if (viewer.flows.length > 0) {
      this.#say(viewer, { type: 'flows', flows: viewer.flows, dropped: viewer.droppedFlows });
      viewer.flows = [];
      viewer.droppedFlows = 0;
    }
  }

  #tellWatched(viewer: Viewer, name: string): void {
    const hasNewFile = viewer.facts.some(({ fact }) => fact.type.startsWith('config.') && namesIn(fact).includes(name));
    if (hasNewFile) this.#tellProgram(viewer);
    else this.#say(viewer, { type: 'context', name, context: this.#options.view.context(name) });
  }

  #tellBelow(viewers: Iterable<Viewer>): void {
    const { root, places } = this.#options;
    const message = coloniesBelow(root, places.messages) ?? noColonies;
    const below = message === noColonies ? '' : JSON.stringify(message);
    for (const viewer of viewers) {
      if (viewer.below === below) continue;
      viewer.below = below;
      this.#say(viewer, message);
    }
  }

  /** A sign of life, and what no fact of ours tells of. */
  #beat(): void {
    if (this.#viewers.size > 0) this.#tellBelow(this.#viewers);
    const { view } = this.#options;
    for (const viewer of this.#viewers) {
      this.#say(viewer, {
        type: 'changes',
        now: Date.now(),
        programs: [],
        removed: [],
        facts: [],
        stopping: view.isStopping,
      });
    }
  }

  // While nobody follows the machines are not inspected at all.
  #inspectIfFollowed(): void {
    const isFollowed = [...this.#viewers].some(({ isFollowing }) => isFollowing);
    if (!isFollowed) {
      this.#inspection?.unsubscribe();
      this.#inspection = undefined;
    } else if (this.#inspection === undefined) {
      const subscription = this.#options.root.system.inspect((event) => this.#noteFlow(event));
      const trees = setInterval(() => {
        for (const viewer of this.#viewers) this.#tellTree(viewer);
      }, treeMs).unref();
      this.#inspection = {
        unsubscribe: () => {
          clearInterval(trees);
          subscription.unsubscribe();
        },
      };
    }
  }

  #noteFlow(event: InspectionEvent): void {
    const flow = flowOf(event, Date.now());
    if (flow === undefined) return;
    for (const viewer of this.#viewers) {
      if (!viewer.isFollowing) continue;
      if (viewer.flows.length < mostFlows) viewer.flows.push(flow);
      else viewer.droppedFlows += 1;
    }
    this.#flushSoon();
  }

  #say(viewer: Viewer, message: ServerMessage): void {
    this.#clients.send(viewer.socket, JSON.stringify(message));
  }
}

function parse(text: string): ViewerMessage | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('type' in value)) return undefined;
    if (value.type === 'watch' && 'name' in value && (value.name === null || typeof value.name === 'string')) {
      return { type: 'watch', name: value.name };
    }
    if (value.type === 'follow' && 'on' in value && typeof value.on === 'boolean') {
      return { type: 'follow', on: value.on };
    }
    return undefined;
  } catch {
    return undefined;
  }
}
