// On text messages Twilio acts on these by itself, in English and as the whole message: reference of its default
// handling of opt-out words. The message reaches us all the same.
const twilioWords = {
  /** Nothing of ours reaches the phone until it opts in again. */
  stop: ['STOP', 'STOPALL', 'UNSUBSCRIBE', 'END', 'QUIT', 'CANCEL', 'REVOKE', 'OPTOUT'],
  start: ['START', 'UNSTOP', 'YES'],
  help: ['HELP', 'INFO'],
};

export type TwilioWord = keyof typeof twilioWords;

/** What Twilio does with a text message that is nothing but this; null: nothing. */
export const twilioWordIn = (text: string): TwilioWord | null => {
  const word = text.trim().toUpperCase();
  return (Object.keys(twilioWords) as TwilioWord[]).find((kind) => twilioWords[kind].includes(word)) ?? null;
};
