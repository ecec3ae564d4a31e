/**
 * The statecharts of ncolony. They import nothing but xstate: they run in a browser and under simulated time.
 * The actors that touch the world are ports, to be provided by a host.
 * @module ncolony/machines
 */
export { programMachine } from './program.js';
export { programStates } from './program-context.js';
export type { ProgramCommand, ProgramContext, ProgramEvent, ProgramInput, ProgramState } from './program-context.js';
export { supervisorMachine } from './supervisor.js';
export type { SupervisorRef } from './supervisor.js';
export type { SupervisorContext, SupervisorEvent, SupervisorInput, SupervisorOutput } from './supervisor-context.js';
export { memoryOf } from './supervisor-memory.js';
export type { ProgramMemory, SupervisorMemory } from './program-memory.js';
export type { Intensity } from './intensity.js';
export { supervisorProcess } from './nested-supervisor.js';
export type { NestedSupervisor } from './nested-supervisor.js';
export { wardMachine } from './ward.js';
export type { ProgramRef, WardCommand, WardContext, WardEvent, WardInput } from './ward.js';
export { defaultTimings, nextRestartDelay } from './timings.js';
export type { Timings } from './timings.js';
export { defaultStop, programSpec } from './program-spec.js';
export type { ProgramSpec, StopManner, Wanted } from './program-spec.js';
export { listen } from './listening.js';
export type { Emitter, Heard } from './listening.js';
export { factRelay } from './fact-relay.js';
export { factsOf } from './fact-stream.js';
export type { FactsMissed } from './fact-stream.js';
export type { Cause, Fact, ProgramFact, SupervisorFact } from './facts.js';
export { supervisorWith } from './provided.js';
export type { SupervisorActors } from './provided.js';
export { noLeftovers, noOrders } from './ports.js';
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
