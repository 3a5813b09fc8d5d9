import { type Logger, pino } from 'pino';

/** One line of JSON per event, with ids only: texts, phones and secrets have no place in it. */
export const createLog = (level: string): Logger =>
  pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });

/** What helps to find a fault. Messages of the database may quote what was sent. */
export const describeFault = (error: Error) => {
  const { code, constraint, table } = error as { code?: string; constraint?: string; table?: string };
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
  return { name: error.name, code, constraint, table, at: frames.slice(0, 8).map((line) => line.trim()) };
};
