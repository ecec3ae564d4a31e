import { nanoid } from 'nanoid';
import type { CallbackActorLogic } from 'xstate';
import type { LeftoversInput, ProcessCommand, ProcessInput, ProgramInput, Timings } from '../machines/index.js';
import { Descendants } from './actors/descendants.js';
import { createLeftoversActor } from './actors/leftovers.js';
import { createProcessActor } from './actors/process.js';
import { timingsWith } from './colony-options.js';
import { ColonyError } from './errors.js';
import { chooseLauncher } from './os/choose-launcher.js';
import { ProcessTable } from './os/process-table.js';
import { TurnQueue } from './os/turn-queue.js';
import { HeardLines, type OutputLine } from './output/heard-lines.js';
import { nameFault } from './protocol/file-names.js';
import { parseProgramFile, type ProgramFileContent } from './protocol/program-file.js';

/** How one program is kept, and who hears what it says. */
export interface NodeProgramOptions {
  /** In ms; those of NColony where they are not given. */
  readonly timings?: Partial<Timings>;
  /** Told every line that it says; default: nobody is, and it is not read. */
  readonly onOutput?: (line: OutputLine) => void;
}

/** One program without a monitor. */
export interface NodeProgram {
  /** For `programMachine.provide({ actors })`. */
  readonly actors: {
    readonly process: CallbackActorLogic<ProcessCommand, ProcessInput>;
    readonly leftovers: CallbackActorLogic<ProcessCommand, LeftoversInput>;
  };
  readonly input: ProgramInput;
  /** Lets go of what starts are made with, when what runs has ended: nothing is started after that. */
  readonly close: () => void;
}

/**
 * The real actors for one `programMachine` alone, and its input: no directories, no monitor. `content` is what a program
 * file says. Nothing is on record: should this process be killed, what it started lives on.
 *
 * Rejects with a `ColonyError`: `EUSAGE` where `content` is not a program file's, or no program can be called so or kept so.
 */
export async function nodeProgram(
  name: string,
  content: ProgramFileContent,
  options: NodeProgramOptions = {},
): Promise<NodeProgram> {
  const timings = timingsWith(options.timings);
  const fault = nameFault(name);
  if (fault !== undefined) throw new ColonyError('EUSAGE', `the name ${JSON.stringify(name)} ${fault}`);
  const parsed = parseProgramFile(name, Buffer.from(JSON.stringify(content)));
  if (!parsed.ok) throw new ColonyError('EUSAGE', `${name}: ${parsed.error.message}`);
  const { file } = parsed;
  const colony = nanoid();
  const table = new ProcessTable(colony);
  const descendants = new Descendants([globalThis.process.geteuid?.() ?? 0], []);
  const launcher = await chooseLauncher(undefined, () => {});
  // A launcher that was closed tells of no exit any more.
  let running = 0;
  let isClosing = false;
  const letGo = () => {
    if (isClosing && running === 0) launcher.close();
  };
  const logic = createProcessActor({
    files: new Map([[name, file]]),
    colony,
    launcher,
    turns: new TurnQueue(),
    table,
    descendants,
    outputs: new HeardLines(options.onOutput, () => {}),
    announce: () => {
      if (isClosing) throw new ColonyError('EUSAGE', `${name}: its actors were let go of`);
    },
    identify: () => undefined,
    inherited: globalThis.process.env,
  });
  const process: typeof logic = {
    ...logic,
    start: (snapshot, scope) => {
      running += 1;
      const end = () => {
        running -= 1;
        letGo();
      };
      scope.self.subscribe({ complete: end, error: end });
      logic.start?.(snapshot, scope);
    },
  };
  return {
    actors: {
      process,
      leftovers: createLeftoversActor({ table, descendants, recorded: new Map() }),
    },
    input: { spec: file.spec, timings },
    close: () => {
      isClosing = true;
      letGo();
    },
  };
}
