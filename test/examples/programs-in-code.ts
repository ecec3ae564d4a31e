import { defaultTimings, noLeftovers, noOrders, programSpec, supervisorWith } from 'ncolony/machines';
import { createActor, waitFor } from 'xstate';
import { MemorySource } from './memory-source.js';
import { workerProcess } from './worker-process.js';

const source = new MemorySource();
source.put(programSpec('counter', [process.argv[2] ?? 'counter.js']));

const colony = createActor(
  supervisorWith({ process: workerProcess, leftovers: noLeftovers, config: source.config, ...noOrders }),
  { input: { timings: { ...defaultTimings, threshold: 100, minRestartDelay: 100 } } },
);
colony.on('program.started', ({ name, run }) => console.log(`${name} is ${run}`));
colony.on('program.died', ({ name, exit }) => console.log(`${name} ended with ${exit.code}`));
colony.start();

process.once('SIGTERM', () => colony.send({ type: 'shutdown' }));
await waitFor(colony, ({ status }) => status === 'done');
console.log('everything is down');
