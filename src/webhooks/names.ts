import { type LookupAddress, lookup, promises } from 'node:dns';
import type { Resolve } from '../public-address.ts';

// Within the time of one webhook, however many servers are mute.
const patience = { timeout: 1500, tries: 2 };

// Nobody knows the name there, or nobody is there to ask. A server that is silent would be asked once more.
const notInDns = ['ENOTFOUND', 'ENODATA', 'ECONNREFUSED'];

/**
 * Names by DNS alone, without the threads of `lookup`: there are four for the whole process, a mute server holds one
 * for half a minute, and Twilio's and Postgres's names need them too. `thenBySystem` asks the system for what DNS does
 * not know: /etc/hosts, search domains.
 */
export const byDns =
  ({ thenBySystem, servers }: { thenBySystem: boolean; servers?: string[] }): Resolve =>
  (host, options, callback) => {
    const bySystem = () => lookup(host, { ...options, all: true }, callback);
    if (thenBySystem && isLocalName(host)) return bySystem();
    find(host, options, servers).then(
      (found) => callback(null, found),
      (errors: NodeJS.ErrnoException[]) =>
        thenBySystem && errors.every(({ code }) => notInDns.includes(code ?? ''))
          ? bySystem()
          : callback(errors[0]!, []),
    );
  };

export const isLocalName = (host: string): boolean => /(^|\.)localhost\.?$/i.test(host);

const find = async (
  host: string,
  { family, signal }: Parameters<Resolve>[1],
  servers?: string[],
): Promise<LookupAddress[]> => {
  // One per name: cancelling must not end what others ask.
  const resolver = new promises.Resolver(patience);
  if (servers) resolver.setServers(servers);
  const cancel = () => resolver.cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  const ask = async (of: 4 | 6) =>
    (await (of === 4 ? resolver.resolve4(host) : resolver.resolve6(host))).map((address) => ({
      address,
      family: of,
    }));
  const answers = await Promise.allSettled(
    ([4, 6] as const).filter((each) => ![4, 6].includes(Number(family)) || each === family).map(ask),
  );
  signal?.removeEventListener('abort', cancel);
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (found.length > 0) return found;
  throw answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
};
