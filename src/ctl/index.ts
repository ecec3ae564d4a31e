/** What `ncolony ctl` does, as functions over directories. None but those that wait needs a monitor that runs. */
export { add, type NewProgram } from './add.js';
export {
  addAndWait,
  removeAndWait,
  restartAllAndWait,
  restartAndWait,
  restartGroupAndWait,
  startAndWait,
  stopAndWait,
} from './and-wait.js';
export { check, type CheckReport, type Finding } from './check.js';
export { checkDiff, type Candidates, type Change, type DiffReport } from './check-diff.js';
export { explain, type Explanation } from './explain.js';
export type { Places } from './places.js';
export { remove } from './remove.js';
export { restart, restartAll, restartGroup } from './restart.js';
export { signal } from './signal.js';
export { isAllRunning, status, type ProgramRow, type StatusReport } from './status.js';
export type { StoryLine } from './story.js';
export { wait, type Awaited, type WaitReport } from './wait.js';
export { start, stop } from './wanted.js';
