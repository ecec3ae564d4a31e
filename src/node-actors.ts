import type { SupervisorInput, SupervisorRef } from '../machines/index.js';
import { harmless } from '../machines/listening.js';
import { openColony } from './colony.js';
import { defaultFrequency, placesIn, requireUsable, supervisorInput, type ColonyOptions } from './colony-options.js';
import { HeardLines, type OutputLine } from './output/heard-lines.js';
import { LogFiles } from './output/log-files.js';
import type { Outputs } from './output/outputs.js';
import { ownStatus } from './own-status.js';
import { defaultLogLimits } from './protocol/log-settings.js';
import type { ProgramFile } from './protocol/program-file.js';
import type { RealActors } from './real-ports.js';
import { tendColony } from './tended-colony.js';

/** The directories of a colony, how it is kept, and who is told. */
export interface NodeActorsOptions extends ColonyOptions {
  /** Told every line that programs say, where there is no `logs`; default: nobody is, and it is not read. */
  readonly onOutput?: (line: OutputLine) => void;
  /** Told in one line what goes wrong beside the supervision, such as a disk that is full; default: nobody. */
  readonly onWarning?: (problem: string) => void;
}

/** What a supervisor needs of this machine, for one life. */
export interface NodeActors {
  /** For `supervisorMachine.provide({ actors })`. */
  readonly actors: RealActors;
  /**
   * The program files in force, by name, from which a process takes its environment. Kept by the actor of the config
   * directory; one in its place puts here what it tells of, before it does (`parseProgramFile`).
   */
  readonly files: Map<string, ProgramFile>;
  /** The supervisor's input. */
  readonly input: SupervisorInput;
  /**
   * Keeps the files by which `ctl` and a later monitor find what runs. Whichever of the directories' or the signals'
   * actors is started first calls it for its parent: it is for who provides neither.
   */
  readonly observe: (supervisor: SupervisorRef) => void;
  /**
   * Lets go of the directories, when the last words of the programs are written: at the end of the supervisor, which it
   * waits for and does not bring about, or at once where there never was one. It is done without being asked, too.
   */
  readonly close: () => Promise<void>;
}

/**
 * Takes the directories for this process and opens the real actors: processes, leftovers, directories, signals.
 *
 * Rejects with a `ColonyError`: `EDIRECTORY` where a directory cannot be used, `ELOCKED` where another monitor has it,
 * `EUSAGE` where an option is wrong, `EHELPER` where `spawn` cannot be had.
 */
export async function nodeActors(options: NodeActorsOptions): Promise<NodeActors> {
  const { onOutput, frequency = defaultFrequency, trustDirectories = false } = options;
  // Who is told of failures and fails is nobody's to tell.
  const warn = harmless(options.onWarning ?? (() => {}), () => {});
  requireUsable(options);
  const places = placesIn(options);
  const colony = await openColony({ ...places, trustDirectories });
  try {
    const { logs, pid } = places;
    const outputs: Outputs =
      logs === undefined
        ? new HeardLines(onOutput, warn)
        : new LogFiles(logs, options.logLimits ?? defaultLogLimits, warn);
    const { actors, leftovers, files, keeper } = await tendColony(colony, {
      own: ownStatus(frequency),
      frequency,
      pid,
      trustDirectories,
      spawn: options.spawn,
      signals: options.signals ?? true,
      outputs,
      warn,
      debug: () => {},
    });
    return {
      actors,
      files,
      input: supervisorInput(options, leftovers),
      observe: (supervisor) => keeper.observe(supervisor),
      close: () => keeper.close(),
    };
  } catch (error) {
    colony.held.release();
    throw error;
  }
}
