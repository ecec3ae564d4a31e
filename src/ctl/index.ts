/** What `ncolony ctl` does, as functions over directories. None of them needs a monitor that runs. */
export { add, type NewProgram } from './add.js';
export { check, type CheckReport, type Finding } from './check.js';
export { explain, type Explanation } from './explain.js';
export type { Places } from './places.js';
export { remove } from './remove.js';
export { restart, restartAll, restartGroup } from './restart.js';
export { signal } from './signal.js';
export { isAllRunning, status, type ProgramRow, type StatusReport } from './status.js';
export type { StoryLine } from './story.js';
export { start, stop } from './wanted.js';
