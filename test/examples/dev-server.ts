import { watch } from 'node:fs';
import { nodeProgram } from 'ncolony';
import { programMachine } from 'ncolony/machines';
import { createActor, waitFor } from 'xstate';

const { actors, input, close } = await nodeProgram(
  'dev-server',
  { args: ['node', 'server.js'], env_inherit: ['PATH'] },
  { onOutput: ({ text }) => console.log(text) },
);
const server = createActor(programMachine.provide({ actors }), { input });
server.on('program.backing-off', ({ delay }) => console.log(`it died young, again in ${delay} ms`));
server.start();
server.send({ type: 'program.start' });

const watcher = watch('server.js', () => server.send({ type: 'program.restart' }));
process.once('SIGTERM', () => server.send({ type: 'program.stop' }));
await waitFor(server, ({ value, context }) => value === 'stopped' && context.wanted === 'down');
watcher.close();
close();
console.log('it is down');
