type Arrival = { sid: string; body: string; phone: { name: string } | null };

/** Remembers what reached the phones, in order, and wakes those who wait for a text. */
export const createArrivals = <Message extends Arrival>(closed: AbortSignal) => {
  const arrivals: Message[] = [];
  const heard = new Set<string>();
  const waits = new Set<(message: Message) => void>();

  return {
    add: (message: Message) => {
      arrivals.push(message);
      for (const take of waits) take(message);
    },

    at: (phone: Message['phone']) => arrivals.filter((message) => message.phone === phone),

    /** The first message nobody was given yet that holds the text; rejects with what came instead. */
    waitFor: (phone: NonNullable<Message['phone']>, matcher: string | RegExp, timeoutMs: number) => {
      const isUnheard = (message: Message) => message.phone === phone && !heard.has(message.sid);
      const fits = ({ body }: Message) =>
        typeof matcher === 'string' ? body.includes(matcher) : body.search(matcher) >= 0;

      return new Promise<Message>((resolve, reject) => {
        const stop = () => {
          clearTimeout(timer);
          waits.delete(take);
          closed.removeEventListener('abort', giveUp);
        };
        const take = (message: Message) => {
          if (!isUnheard(message) || !fits(message)) return;
          stop();
          heard.add(message.sid);
          resolve(message);
        };
        const giveUp = () => {
          stop();
          const texts = arrivals.filter(isUnheard).map(({ body }) => `\n  ${JSON.stringify(body)}`);
          const instead = `Unheard so far:${texts.join('') || ' nothing'}`;
          reject(new Error(`${phone.name} did not get ${matcher} within ${timeoutMs} ms. ${instead}`));
        };

        const timer = setTimeout(giveUp, timeoutMs);
        const arrived = arrivals.find((message) => isUnheard(message) && fits(message));
        if (arrived) return take(arrived);
        if (closed.aborted) return giveUp();
        waits.add(take);
        closed.addEventListener('abort', giveUp);
      });
    },
  };
};
