/**
 * The public face of ncolony.
 * @module
 */
export { startMonitor, type Monitor } from './monitor.js';
export { logLevels, type LogLevel, type MonitorOptions } from './options.js';
export { ColonyError, errorCodes, type ErrorCode } from './errors.js';
