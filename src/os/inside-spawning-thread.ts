import { closeSync, readdirSync, readlinkSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { loadNativeLibc, type NativeStart } from './native-libc.js';

// What runs in the thread that `spawning-thread.ts` describes.

const libc = await loadNativeLibc();
const started = workerData as Int32Array;
let tried = 0;

/** What wakes a thread up. Of the others no copy may live here: who closes a connection means all of it. */
function isOfEventLoop(descriptor: string): boolean {
  return /^anon_inode:\[(?:eventpoll|eventfd|io_uring)\]$/.test(readlinkSync(`/proc/thread-self/fd/${descriptor}`));
}

libc.setApart();
for (const descriptor of readdirSync('/proc/thread-self/fd')) {
  try {
    if (Number(descriptor) > 2 && !isOfEventLoop(descriptor)) closeSync(Number(descriptor));
  } catch {
    // The listing's own.
  }
}

parentPort?.on('message', (start: NativeStart | 'close') => {
  if (start === 'close') return parentPort?.close();
  let pid = 0;
  try {
    pid = libc.spawnSync({ ...start, descriptorsOf: process.pid });
  } catch {
    // It is tried again where all descriptors are, and told from there.
  }
  started[1] = pid;
  started[0] = ++tried;
  parentPort?.postMessage(pid);
});
parentPort?.postMessage('ready');
