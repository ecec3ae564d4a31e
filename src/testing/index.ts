/**
 * For those who give the machines actors of their own: what such actors have to keep, as cases for any runner of tests,
 * and an operating system with simulated time.
 *
 * ```ts
 * for (const { title, run } of processContract(() => ({ process: myActor, inputFor }))) test(title, run);
 * ```
 * @module ncolony/testing
 */
export { processContract, type ProcessBehaviour, type ProcessUnderTest } from './process-contract.js';
export { configContract, type SourceUnderTest } from './config-contract.js';
export type { ContractCase } from './contract.js';
export type { Time } from './stage.js';
export { FakeSystem } from './fake-system.js';
export { type Call, type FakeProcess, type Script } from './fake-process.js';
export { SteppedClock } from '../simulate/stepped-clock.js';
