/**
 * The public face of ncolony as a library.
 * @module
 */
export * as ctl from './ctl/index.js';
export { ColonyError, errorCodes, type ErrorCode } from './errors.js';
export { startMonitor, type Monitor } from './monitor.js';
export { logLevels, type LogLevel, type MonitorOptions } from './options.js';
