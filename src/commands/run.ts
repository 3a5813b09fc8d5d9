import { answer, type Decision, type Facts } from './command.ts';
import { parseCommand } from './parse.ts';
import { commands } from './table.ts';

/** What a technician's message does and how it is answered. Pure: the same facts give the same decision. */
export const runCommand = (text: string, facts: Facts, now: Date): Decision => {
  if (text.trim() === '') return answer('textOnly', {});
  const parsed = parseCommand(text, Object.keys(commands));
  return parsed ? commands[parsed.word]!(parsed.rest, facts, now) : answer('notUnderstood', { given: text });
};
