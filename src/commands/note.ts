import { noted } from '../domain/work-order.ts';
import { type Command, change } from './command.ts';
import { atHand, type FreeTextRule, withText } from './free-text.ts';

const rule: FreeTextRule = { command: 'NOTE', fits: () => true, prefer: atHand };

export const note: Command = (request, facts) =>
  withText(rule, request, facts, (order, text) =>
    change(order, [noted(order, text)], 'noted', { order, text }),
  );
