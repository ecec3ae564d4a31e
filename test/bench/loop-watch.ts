import { writeFileSync } from 'node:fs';

// Preloaded into a monitor by NODE_OPTIONS: notes when its event loop came round late, and writes that down as it ends.

const stepMs = 5;
const blocks: { at: number; ms: number }[] = [];
let last = performance.now();

setInterval(() => {
  const now = performance.now();
  const ms = now - last - stepMs;
  if (ms > stepMs) blocks.push({ at: performance.timeOrigin + now, ms });
  last = now;
}, stepMs).unref();

process.on('exit', () => writeFileSync(process.env['BENCH_LOOP'] ?? '', JSON.stringify(blocks)));
