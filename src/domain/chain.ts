import type { Lane, Way } from './message.ts';

/** As the settings have it: whom to tell after that time, counted from the start of the step before, and how. */
export type Step = {
  waitSeconds: number;
  /** External ids, or `responsible`, `supervisor`, `on-call`. */
  notify: string[];
  /** In the order they are tried. */
  ways: Way[];
};

/** Why a chain does not run any more. */
export type ChainEnd = 'claimed' | 'resolved' | 'withdrawn' | 'expired' | 'nobody' | 'no-steps';

/** What a technician calls for: a supervisor, or something he needs. The same words as the pages' kinds. */
export type CallKind = 'work-order.escalated' | 'work-order.needed';

/** Who is told next, and when, until somebody answers. */
export type Chain = {
  id: string;
  kind: 'alert.raised' | CallKind;
  lane: Lane;
  alertId: string | null;
  /** Of a call for help: its order, who called, why, and by which message. */
  workOrderId: string | null;
  callerId: string | null;
  reason: string | null;
  causedBy: string | null;
  steps: Step[];
  /** The step that was started last; 0: the first people, who are told at once. */
  step: number;
  /** Counts every start of a step, also of the last one again. */
  turn: number;
  stepAt: Date;
  /** By the database's clock; null: it does not run. */
  nextAt: Date | null;
  exhausted: boolean;
  ended: ChainEnd | null;
  expiresAt: Date | null;
};

/** Somebody told at one turn of a chain. */
export type Page = {
  id: string;
  chainId: string;
  technicianId: string;
  step: number;
  turn: number;
  messageId: string;
  /** Who asked for it before its time. */
  askedBy: string | null;
  seenToldAt: Date | null;
  at: Date;
};

const leastRepeatSeconds = 60;

/** The step that starts next; the last one starts again. Null: there is none at all. */
export const nextStep = ({ steps, step }: Pick<Chain, 'steps' | 'step'>): number | null =>
  steps.length === 0 ? null : Math.min(step + 1, steps.length);

/** How long a chain waits at its step for an answer before the next one starts, in seconds; null: none follows. */
export const waitAfter = (chain: Pick<Chain, 'steps' | 'step'>): number | null => {
  const next = nextStep(chain);
  if (next === null) return null;
  const { waitSeconds } = chain.steps[next - 1]!;
  // The last one goes on until somebody answers: not at a rate that makes people switch their phones off.
  return next === chain.step ? Math.max(waitSeconds, leastRepeatSeconds) : waitSeconds;
};
