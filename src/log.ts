import { type Logger, pino } from 'pino';

/** One line of JSON per event, with ids only: texts, phones and secrets have no place in it. */
export const createLog = (level: string): Logger =>
  pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
