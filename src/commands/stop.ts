import { answer, type Command } from './command.ts';

/** Pauses notifications, but never critical alerts; answers go on. */
export const stop: Command = (request, facts) => {
  // "STOP the pump" is not about messages.
  if (request.rest !== '') {
    const options = (['STOP', `DELAY ${request.rest}`] as const).map((label) => ({
      action: label.startsWith('STOP') ? ('STOP' as const) : ('DELAY' as const),
      rest: label === 'STOP' ? '' : request.rest,
      orderId: null,
      label,
    }));
    return {
      ...answer('didYouMean', {
        given: `STOP ${request.rest}`,
        options: options.map(({ label }) => label),
        forwarded: false,
      }),
      question: { options, freeText: null },
    };
  }
  return { ...answer('paused', { already: facts.technician.paused }), paused: true };
};
