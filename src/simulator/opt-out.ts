const words = {
  STOP: ['STOP', 'STOPALL', 'UNSUBSCRIBE', 'END', 'QUIT', 'CANCEL', 'REVOKE', 'OPTOUT'],
  START: ['START', 'UNSTOP', 'YES'],
  HELP: ['HELP', 'INFO'],
};

export type Keyword = keyof typeof words;

/** The word that Advanced Opt-Out, or a long code for text messages, answers by itself: the whole message, in any case. */
export const keywordIn = (text: string): Keyword | null => {
  const word = text.trim().toUpperCase();
  return (Object.keys(words) as Keyword[]).find((keyword) => words[keyword].includes(word)) ?? null;
};

export const keywordAnswers: Record<Keyword, string> = {
  STOP: 'You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe.',
  START:
    'You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe.',
  HELP: 'Reply STOP to unsubscribe. Msg&Data Rates May Apply.',
};
