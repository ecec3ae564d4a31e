/**
 * The public face of ncolony as a library.
 * @module
 */
export * as ctl from './ctl/index.js';
export { ColonyError, errorCodes, type ErrorCode } from './errors.js';
