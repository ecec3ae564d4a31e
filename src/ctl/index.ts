/** What `ncolony ctl` does, as functions over directories. None but those that wait needs a monitor that runs. */
export { add, type NewProgram } from './orders/add.js';
export {
  addAndWait,
  removeAndWait,
  restartAllAndWait,
  restartAndWait,
  restartGroupAndWait,
  startAndWait,
  stopAndWait,
} from './waiting/and-wait.js';
export { check, type CheckReport, type Finding } from './check/check.js';
export { checkDiff, type Candidates, type Change, type DiffReport } from './check/check-diff.js';
export { explain, type Explanation } from './story/explain.js';
export type { Places } from './places.js';
export { remove } from './orders/remove.js';
export { restart, restartAll, restartGroup } from './orders/restart.js';
export { signal } from './orders/signal.js';
export { isAllRunning, status, type ProgramRow, type StatusReport } from './status/status.js';
export type { StoryLine } from './story/story.js';
export { wait, type Awaited, type WaitReport } from './waiting/wait.js';
export { start, stop } from './orders/wanted.js';
