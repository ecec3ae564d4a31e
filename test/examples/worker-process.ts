import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ProcessCommand, ProcessEvent, ProcessInput } from 'ncolony/machines';
import { fromCallback } from 'xstate';

let workers = 0;

/**
 * A `process` actor that runs a worker thread: `args[0]` is its script. To end it is told `end`; when it does not come to
 * that within the killtime it is terminated.
 */
export const workerProcess = fromCallback<ProcessCommand, ProcessInput>(({ input, sendBack, receive }) => {
  const tell = (event: ProcessEvent) => sendBack(event);
  const [script = '', ...argv] = input.args;
  if (!existsSync(script)) {
    return tell({ type: 'process.failed', error: { code: 'ENOENT', message: `${script} is missing` } });
  }
  const worker = new Worker(resolve(script), { argv });
  let isOver = false;
  let isToEnd = false;
  // It throws: its exit, with 1, is still to come.
  worker.on('error', () => {});
  worker.once('online', () => tell({ type: 'process.started', pid: 0, run: `worker-${++workers}` }));
  worker.once('exit', (code) => {
    isOver = true;
    tell({ type: 'process.exited', exit: { code, signal: null }, stragglers: [] });
    if (isToEnd) tell({ type: 'process.gone' });
  });
  receive((command) => {
    if (command.type === 'process.terminate' && !isToEnd) {
      isToEnd = true;
      if (isOver) tell({ type: 'process.gone' });
      else worker.postMessage('end');
    } else if (command.type === 'process.kill') void worker.terminate();
  });
  return () => {
    worker.removeAllListeners('online').removeAllListeners('exit');
    void worker.terminate();
  };
});
