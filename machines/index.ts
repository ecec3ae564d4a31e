/**
 * The statecharts of ncolony. They import nothing but xstate: they run in a browser and under simulated time.
 * The actors that touch the world are ports, to be provided by a host.
 * @module
 */
export { programMachine } from './program.js';
export { programStates } from './program-context.js';
export type { ProgramCommand, ProgramContext, ProgramEvent, ProgramInput, ProgramState } from './program-context.js';
export { supervisorMachine } from './supervisor.js';
export type { SupervisorContext, SupervisorEvent, SupervisorInput, SupervisorOutput } from './supervisor-context.js';
export { wardMachine } from './ward.js';
export type { ProgramRef, WardCommand, WardContext, WardEvent, WardInput } from './ward.js';
export { defaultTimings, nextRestartDelay } from './timings.js';
export type { Timings } from './timings.js';
export { defaultStop } from './program-spec.js';
export type { ProgramSpec, StopManner, Wanted } from './program-spec.js';
export type { Cause, Fact, ProgramFact, SupervisorFact } from './facts.js';
export type {
  ConfigScan,
  ConfigSynced,
  DirectoryNews,
  Exit,
  Fault,
  LeftoversInput,
  Message,
  MessageAnswer,
  MessageGarbled,
  MessagesReceived,
  Outcome,
  ProcessCommand,
  ProcessEvent,
  ProcessInput,
  SignalReceived,
} from './ports.js';
