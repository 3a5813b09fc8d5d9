import { type Files, keyOf } from '../attachments/files.ts';
import type { Deps } from '../deps.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import { plainText } from '../texts/by-way.ts';
import { oneLine } from '../texts/shorten.ts';
import type { Facts } from './facts.ts';

/**
 * Removes the personal data of somebody who left: who they are at once, what is theirs and what mentions them piece by
 * piece (`goOnErasing`), hidden until then. Keys that guard against doing twice stay, and so do the moments and kinds of
 * what happened, under the external id. Answers why not, or null.
 */
export const eraseTechnician = async (
  tx: Tx,
  externalId: string,
  facts: Pick<Facts, 'now'>,
): Promise<'works-here' | 'under-way' | null> => {
  await tx.tenants.lock('technicians');
  const technician = (await tx.technicians.lock(externalId))!;
  if (technician.active) return 'works-here';
  const conversations = await tx.erasure.lockConversations(technician.id);
  if (await tx.erasure.isUnderWay(technician.id, conversations)) return 'under-way';
  const addresses = await tx.technicians.addresses(technician.id);
  const values = addresses.map(({ value }) => value);
  const digits = [...new Set([technician.phone ?? '', ...values].map((value) => value.replace(/^\+/, '')))];
  await tx.erasure.begin(technician.id, {
    ...{ conversations, mention: mentionOf(technician, digits), at: facts.now },
    digits: digits.filter(Boolean),
  });
  return null;
};

// A moment's work for Postgres, so that nothing waits for it.
const rowsAtOnce = 2000;

export type ErasingDeps = Pick<Deps, 'store' | 'now'> & { files: Pick<Files, 'delete'> };

/** Takes away what is left of those who were erased, for about that long. What is left then goes on by the clock. */
export const goOnErasing = async (
  { store, now, files }: ErasingDeps,
  tenantId: string,
  forMs: number,
): Promise<'more' | 'done'> => {
  const until = now().getTime() + forMs;
  do {
    const isMore = await store.tenant(tenantId, async (tx) => {
      const { isMore, attachments } = await tx.erasure.goOn(rowsAtOnce);
      // Last: what is gone cannot be brought back by a rollback, and doing it again does no harm.
      await Promise.all(attachments.map((id) => files.delete(keyOf(tenantId, id))));
      return isMore;
    });
    if (!isMore) return 'done';
  } while (now().getTime() < until);
  return 'more';
};

const matchesNothing = '.^';

/**
 * What stands for the person in what others were told: whole words, as each way writes them. A hyphen or a full stop
 * inside a word does not end it: `ana-2` and `ana.b` are others.
 */
const mentionOf = ({ name, email }: Technician, digits: string[]): string => {
  const names = [name, oneLine(name, 60), plainText(name), plainText(oneLine(name, 60))];
  const traces = new Set([...names, email ?? '', ...digits].map((trace) => trace.trim()).filter(Boolean));
  if (traces.size === 0) return matchesNothing;
  const escaped = [...traces]
    .sort((one, two) => two.length - one.length)
    .map((trace) => trace.replace(/[^\p{L}\p{N}\s]/gu, '\\$&'));
  return `(?<!\\w[-.]?)\\+?(?:${escaped.join('|')})(?![-.]?\\w)`;
};
