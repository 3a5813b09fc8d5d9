import { answer, type Command } from './command.ts';

export const help: Command = (_rest, facts) => answer('help', { name: facts.technician.name });
