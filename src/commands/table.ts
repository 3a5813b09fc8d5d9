import { ack } from './ack.ts';
import { attach } from './attach.ts';
import type { Action, Command } from './command.ts';
import { complete } from './complete.ts';
import { confirm } from './confirm.ts';
import { delay } from './delay.ts';
import { escalate } from './escalate.ts';
import { help } from './help.ts';
import { more } from './more.ts';
import { myWork } from './my-work.ts';
import { need } from './need.ts';
import { note } from './note.ts';
import { pending } from './pending.ts';
import { responding } from './responding.ts';
import { start } from './start.ts';
import { status } from './status.ts';
import { stop } from './stop.ts';
import { undo } from './undo.ts';

/** What a command must know beyond the technician's orders. */
type Need = 'people' | 'undoable' | 'calls' | 'calling' | 'alerts' | 'missed' | 'list';

type Entry = {
  run: Command;
  /** Only reads: done even when its word is mistyped. */
  reads?: true;
  needs?: Need[];
};

/** Every command. Its words are in src/texts, one list per language. */
export const commands: Record<Action, Entry> = {
  'MY WORK': { run: myWork, reads: true, needs: ['alerts'] },
  PENDING: { run: pending, reads: true, needs: ['alerts'] },
  STATUS: { run: status, reads: true, needs: ['alerts'] },
  HELP: { run: help, reads: true },
  MORE: { run: more, reads: true, needs: ['list'] },
  ACK: { run: ack },
  START: { run: start, needs: ['missed'] },
  COMPLETE: { run: complete, needs: ['alerts'] },
  CONFIRM: { run: confirm },
  NOTE: { run: note },
  DELAY: { run: delay, needs: ['people'] },
  NEED: { run: need, needs: ['people', 'calling'] },
  ESCALATE: { run: escalate, needs: ['people', 'calling', 'alerts'] },
  RESPONDING: { run: responding, needs: ['calls', 'alerts'] },
  UNDO: { run: undo, needs: ['undoable'] },
  STOP: { run: stop },
  ATTACH: { run: attach },
};
