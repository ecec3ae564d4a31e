import { nodeActors } from 'ncolony';
import { factRelay, supervisorMachine, type Fact } from 'ncolony/machines';
import { createActor, sendTo, setup, toPromise } from 'xstate';

const node = await nodeActors({ config: 'conf', messages: 'messages', signals: false });

const app = setup({
  types: { events: {} as Fact | { type: 'quit' } },
  actors: { supervisor: supervisorMachine.provide({ actors: node.actors }), factRelay },
}).createMachine({
  initial: 'working',
  states: {
    working: {
      invoke: [
        { id: 'colony', systemId: 'colony', src: 'supervisor', input: node.input, onDone: 'over', onError: 'over' },
        { src: 'factRelay', input: { of: 'colony' } },
      ],
      on: {
        'program.running': { actions: ({ event }) => console.log(`${event.name} runs, pid ${event.pid}`) },
        'program.backing-off': {
          actions: ({ event }) => console.log(`${event.name} fails, again in ${event.delay} ms`),
        },
        quit: { actions: sendTo('colony', { type: 'shutdown' }) },
      },
    },
    over: { type: 'final' },
  },
});

const actor = createActor(app).start();
process.once('SIGTERM', () => actor.send({ type: 'quit' }));
await toPromise(actor);
await node.close();
console.log('everything is down');
