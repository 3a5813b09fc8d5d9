import { resealFactors } from './admin/seal.ts';
import { decrypt, encrypt } from './crypto.ts';
import type { Deps } from './deps.ts';
import type { Tx } from './store/store.ts';

const everyHourMs = 60 * 60 * 1000;

/**
 * Seals again at the start and, while there is a key before, every hour: a process that still has the old key alone
 * may write after this one has begun. Returns once the first round is done; the result ends it.
 */
export const keepSealed = async (deps: Deps, everyMs = everyHourMs): Promise<() => Promise<void>> => {
  await sealAgain(deps);
  let round: Promise<void> | null = null;
  const again = () => {
    round ??= sealAgain(deps)
      .catch((error: Error) => deps.log.warn({ event: 'secrets.not-sealed', reason: error.message }))
      .finally(() => {
        round = null;
      });
  };
  const timer = deps.secretKeys.length > 1 ? setInterval(again, everyMs) : undefined;
  return async () => {
    clearInterval(timer);
    await round;
  };
};

/**
 * Encrypts under the current key whatever the one before had encrypted, and says what none of them opens. Any
 * number of processes may do it at once.
 */
export const sealAgain = async (deps: Deps): Promise<void> => {
  const { store, secretKeys, log } = deps;
  const counts = { current: 0, again: 0, unreadable: 0 };
  for (const tenantId of await store.gate.tenantIds()) {
    const kinds = await store.tenant(tenantId, async (tx) => [
      ...(await sealChannels(tx, secretKeys)),
      ...(await sealWebhookSecrets(tx, secretKeys)),
      ...(await resealFactors(tx, secretKeys)),
    ]);
    const ofAnswers = await sealAnswers(deps, tenantId);
    for (const kind of [...kinds, ...ofAnswers]) counts[kind] += 1;
  }
  if (counts.again > 0) log.info({ event: 'secrets.sealed-again', count: counts.again });
  if (counts.unreadable > 0)
    log.error({ event: 'secrets.unreadable', count: counts.unreadable, alarm: true });
};

export type Kind = 'current' | 'again' | 'unreadable';

const sealChannels = async (tx: Tx, secretKeys: string[]): Promise<Kind[]> => {
  const kinds: Kind[] = [];
  for (const { id, credentials } of await tx.channels.list()) {
    const { kind, sealed } = encryptAnew(credentials, secretKeys);
    if (kind === 'again') await tx.channels.reseal(id, credentials, sealed);
    kinds.push(kind);
  }
  return kinds;
};

const sealWebhookSecrets = async (tx: Tx, secretKeys: string[]): Promise<Kind[]> => {
  const kinds: Kind[] = [];
  for (const { key } of await tx.webhookEndpoints.list({ after: null, limit: 10_000 })) {
    const endpoint = (await tx.webhookEndpoints.lock(key))!;
    const anew = endpoint.secrets.map((secret) => {
      const { kind, sealed } = encryptAnew(secret.sealed, secretKeys);
      kinds.push(kind);
      return { ...secret, sealed };
    });
    if (anew.some(({ sealed }, index) => sealed !== endpoint.secrets[index]!.sealed))
      await tx.webhookEndpoints.update({ ...endpoint, secrets: anew });
  }
  return kinds;
};

/** The answers that a repeated request is given again: kept for ever, so there may be many. */
const sealAnswers = async ({ store, secretKeys }: Deps, tenantId: string): Promise<Kind[]> => {
  const kinds: Kind[] = [];
  let after: { route: string; key: string } | null = null;
  for (;;) {
    const page: Awaited<ReturnType<Tx['idempotency']['sealed']>> = await store.tenant(tenantId, (tx) =>
      tx.idempotency.sealed({ after, limit: pageSize }),
    );
    const anew = page.map((answer) => ({ answer, ...encryptAnew(answer.sealed, secretKeys) }));
    await store.tenant(tenantId, async (tx) => {
      for (const { answer, kind, sealed } of anew) {
        if (kind === 'again') await tx.idempotency.reseal(answer, answer.sealed, sealed);
      }
    });
    kinds.push(...anew.map(({ kind }) => kind));
    if (page.length < pageSize) return kinds;
    after = page.at(-1)!;
  }
};

const pageSize = 200;

/** The same under the current key if an older one encrypted it, else as it is. */
const encryptAnew = (sealed: string, secretKeys: string[]): { kind: Kind; sealed: string } => {
  if (opened(sealed, secretKeys.slice(0, 1)) !== null) return { kind: 'current', sealed };
  const plain = opened(sealed, secretKeys);
  return plain === null
    ? { kind: 'unreadable', sealed }
    : { kind: 'again', sealed: encrypt(plain, secretKeys[0]!) };
};

const opened = (sealed: string, secretKeys: string[]): string | null => {
  try {
    return decrypt(sealed, secretKeys);
  } catch {
    return null;
  }
};
