import { ack } from './ack.ts';
import type { Command } from './command.ts';
import { complete } from './complete.ts';
import { help } from './help.ts';
import { myWork } from './my-work.ts';
import { note } from './note.ts';
import { start } from './start.ts';

/** The words a message may begin with, and what they do. */
export const commands: Record<string, Command> = {
  'MY WORK': myWork,
  ACK: ack,
  START: start,
  COMPLETE: complete,
  NOTE: note,
  HELP: help,
};
