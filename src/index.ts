/**
 * The public face of ncolony as a library: a monitor in this process, the real actors for machines of one's own, and what
 * `ncolony ctl` does.
 * @module ncolony
 */
export * as ctl from './ctl/index.js';
export { ColonyError, errorCodes, type ErrorCode } from './errors.js';
export { startMonitor, type Monitor, type StartOptions } from './monitor.js';
export { nodeActors, type NodeActors, type NodeActorsOptions } from './node-actors.js';
export { nodeProgram, type NodeProgram, type NodeProgramOptions } from './node-program.js';
export type { RealActors } from './real-ports.js';
export type { ColonyOptions } from './colony-options.js';
export { logLevels, type LogLevel } from './options.js';
export type { HttpOptions } from './http-options.js';
export type { OutputLine } from './output/heard-lines.js';
export type { LogLimits, LogManner } from './protocol/log-settings.js';
export type { Rights } from './protocol/rights.js';
export {
  parseProgramFile,
  programFileSchema,
  type ParsedProgramFile,
  type ProgramFile,
  type ProgramFileContent,
} from './protocol/program-file.js';
