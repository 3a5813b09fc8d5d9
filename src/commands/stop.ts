import { answer, type Command } from './command.ts';

/** Pauses notifications, but never critical alerts; answers go on. */
export const stop: Command = (_request, facts) => ({
  ...answer('paused', { already: facts.technician.paused }),
  paused: true,
});
