import { serve } from '@hono/node-server';
import { createSimulatorApp } from '../src/simulator/app.tsx';
import { createSimulator } from '../src/simulator/engine.ts';
import { account } from './account.ts';

// Later than the bench lasts: what is measured ends when a message is accepted.
const never = 24 * 60 * 60 * 1000;
const simulator = createSimulator({
  ...account,
  incomingUrl: 'http://127.0.0.1:9/',
  callbackDelaysMs: { sent: never, delivered: never, read: never },
});

let expected = 0;
const { api } = simulator;
simulator.api = (call) => {
  const answer = api(call);
  const isMessage = call.path.endsWith('/Messages.json');
  if (isMessage && answer.kind === 'answer' && answer.status === 201 && --expected === 0)
    process.send!('all accepted');
  return answer;
};
process.on('message', ({ expect }: { expect: number }) => {
  expected = expect;
  process.send!('counting');
});
serve(
  { fetch: createSimulatorApp(simulator).fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' },
  () => process.send!('ready'),
);
