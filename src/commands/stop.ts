import { answer, type Command } from './command.ts';

/**
 * Pauses notifications, but never critical alerts; answers go on. A text message may cut off text messages as well:
 * END, CANCEL and QUIT do, though they may have been about the work, so they pause nothing else.
 */
export const stop: Command = ({ by, rest }, { technician: { paused } }) => {
  if (by !== 'opt-out') return { ...answer('paused', { already: paused }), paused: true };
  const pauses = rest === '';
  const given = pauses ? 'STOP' : rest;
  return { ...answer('cutOff', { given, paused: paused || pauses }), paused: pauses ? true : null };
};
