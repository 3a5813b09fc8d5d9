import type { CallChange, News } from '../commands/command.ts';
import { type CallKind, type Chain, waitAfter } from '../domain/chain.ts';
import type { Person } from '../domain/who-is-told.ts';
import { isOpen, type WorkOrder } from '../domain/work-order.ts';
import type { StoredCall } from '../store/calls.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import { writeNews } from '../texts/texts.ts';
import { page, type Subject, startNextStep, whileOffSeconds } from './chains.ts';
import type { Bell, Facts } from './facts.ts';
import { addNews } from './notify.ts';
import { readSettings } from './settings.ts';
import { peopleOfNextStep, toldSoFar } from './whom-to-tell.ts';

const lastsMs = 24 * 60 * 60 * 1000;

/** Who called, and about which order. */
type Caller = { caller: Technician; order: WorkOrder | null };

/**
 * Tells the people of a technician's call for help, and begins its chain; an escalation that still runs goes on to its
 * next step instead. The order must be locked. Ring the bells after the commit.
 */
export const callForHelp = async (
  tx: Tx,
  call: Extract<CallChange, { do: 'call' }>,
  { caller, messageId }: { caller: Technician; messageId: string },
  facts: Facts,
): Promise<Bell[]> => {
  const { kind, order } = call;
  const open = await tx.calls.lockOpen(order ? [order.id] : [], order ? null : caller.id);
  const before = open.find((each) => each.kind === kind && each.ended !== 'expired');
  if (before && kind === 'work-order.escalated') {
    if (call.reason !== null) await tx.calls.setReason(before.id, call.reason);
    const chain = (await tx.chains.lock(before.id))!;
    return tellAgain(tx, { ...chain, causedBy: messageId }, { caller, order }, facts);
  }
  const { escalation } = await readSettings(tx, facts.tenant);
  const steps = escalation[order?.priority ?? 'high'] ?? [];
  const chain = {
    ...{ id: facts.newId(), kind, lane: 'reply' as const, alertId: null, workOrderId: order?.id ?? null },
    ...{ callerId: caller.id, causedBy: messageId, steps },
    // What was asked for before is still needed.
    reason: before?.reason ? [before.reason, call.reason].join('\n') : call.reason,
    expiresAt: new Date(facts.now.getTime() + lastsMs),
  };
  await tx.chains.add(chain, waitAfter({ steps, step: 0 }), steps.length > 0 ? null : 'no-steps');
  if (before) {
    await tx.calls.goOnFrom(chain.id, before.id);
    await tx.calls.withdraw([before.id], messageId);
    await tx.calls.withdrawPages([before.id]);
  }
  const found = await tx.technicians.getMany(call.people.map(({ id }) => id));
  const people = call.people.flatMap(({ id }) => found.get(id) ?? []);
  const subject = subjectOf(chain, { caller, order }, facts);
  const how = { ways: null, askedBy: caller.id };
  const paged = await page(tx, { ...chain, step: 0, turn: 0 }, subject, people, how, facts);
  const bells: Bell[] = [...paged.bells, { queue: 'chains', id: chain.id }];
  if (paged.told.length > 0) return bells;
  if (steps.length === 0) await tx.chains.end(chain.id, 'nobody');
  else {
    const next = await startNextStep(tx, (await tx.chains.lock(chain.id))!, subject, { by: 'time' }, facts);
    bells.push(...next.bells);
  }
  return bells;
};

/** Whom calling once more would tell: the people of the next step; without one, everybody told so far. */
export const toTellAgain = async (tx: Tx, id: string, { caller, order }: Caller): Promise<Person[]> => {
  const chain = (await tx.chains.get(id))!;
  const people =
    chain.kind === 'work-order.needed' || chain.steps.length === 0
      ? await toldSoFar(tx, id)
      : await peopleOfNextStep(tx, chain, { asset: order?.asset ?? null }, [caller.id]);
  const reachable = await tx.technicians.toTell(
    caller.id,
    people.map((person) => person.id),
  );
  return people.flatMap((person) => reachable.find((each) => each.id === person.id && each.reachable) ?? []);
};

/** The next step at once; where there is none, everybody told so far once more. */
const tellAgain = async (tx: Tx, chain: Chain, about: Caller, facts: Facts): Promise<Bell[]> => {
  const subject = subjectOf(chain, about, facts);
  if (chain.steps.length > 0) {
    const why = { by: 'call' as const, technicianId: about.caller.id };
    const { bells } = await startNextStep(tx, chain, subject, why, facts);
    return [...bells, { queue: 'chains', id: chain.id }];
  }
  await tx.calls.countTurn(chain.id);
  const turn = { ...chain, turn: chain.turn + 1 };
  const how = { ways: null, askedBy: about.caller.id };
  return (await page(tx, turn, subject, await toldSoFar(tx, chain.id), how, facts)).bells;
};

/** What came of a call's time: how many were told, null if no step was started. Ring the bells after the commit. */
type Advanced = { told: number | null; isExpired: boolean; bells: Bell[] };

/** Starts the next step of a call whose time has come. */
export const advanceCall = async (tx: Tx, { id, workOrderId }: Chain, facts: Facts): Promise<Advanced> => {
  const nothing: Advanced = { told: null, isExpired: false, bells: [] };
  const order = workOrderId ? await tx.workOrders.lock(workOrderId) : null;
  const chain = (await tx.chains.lock(id))!;
  const due = await tx.chains.isDue(id);
  if (due === 'no') return nothing;
  if (due === 'expired') {
    await tx.chains.end(id, 'expired');
    return { ...nothing, isExpired: true };
  }
  // Its end stands in the chain; this is for whatever did not know of chains.
  if (order && !stillCalls(chain.kind as CallKind, order)) {
    await tx.calls.withdraw([id], null);
    return nothing;
  }
  if (!facts.enabled) {
    await tx.chains.goOn(id, whileOffSeconds);
    return nothing;
  }
  const about = { caller: (await tx.technicians.get(chain.callerId!))!, order };
  const subject = subjectOf(chain, about, facts);
  const { told, bells } = await startNextStep(tx, chain, subject, { by: 'time' }, facts);
  const after = (await tx.chains.get(id))!;
  if (after.exhausted && !chain.exhausted) bells.push(...(await tellUnanswered(tx, chain, about, facts)));
  return { ...nothing, told: told.length, bells };
};

/** Somebody who was told takes calls on; nobody further is told of them. They must be locked. */
export const takeCalls = async (
  tx: Tx,
  ids: string[],
  technicianId: string,
  messageId: string,
): Promise<void> => {
  await tx.calls.take(ids, technicianId, messageId);
  await tx.calls.withdrawPages(ids);
};

/**
 * What a message began is withdrawn, and what it ended goes on at its step, unless whoever called has called again since.
 * Ring the bells after the commit.
 */
export const takeBackCalls = async (tx: Tx, undone: string, messageId: string): Promise<Bell[]> => {
  const { began, ended } = await tx.calls.lockOfMessage(undone);
  if (began.length > 0) {
    await tx.calls.withdraw(began, messageId);
    await tx.calls.withdrawPages(began);
  }
  const bells: Bell[] = [];
  for (const call of await tx.calls.lock(ended)) {
    const { id } = call;
    await tx.calls.untake(id);
    const again = await calledAgain(tx, call);
    if (again) {
      // As if it had been open then: taking that one back lets this one go on.
      await tx.calls.withdraw([id], (await tx.chains.get(again.id))!.causedBy);
      if (again.reason === null && call.reason !== null) await tx.calls.setReason(again.id, call.reason);
      continue;
    }
    const waitSeconds = waitAfter((await tx.chains.get(id))!);
    if (waitSeconds === null) await tx.chains.end(id, 'no-steps');
    else await tx.chains.goOn(id, waitSeconds);
    bells.push({ queue: 'chains', id });
  }
  return bells;
};

/** What the same technician calls for by now; about an order, whatever came since forbids taking back. */
const calledAgain = async (
  tx: Tx,
  { id, kind, callerId, workOrderId }: StoredCall,
): Promise<StoredCall | null> => {
  if (workOrderId) return null;
  const open = await tx.calls.lockOpen([], callerId);
  return open.find((each) => each.kind === kind && each.id !== id && each.ended !== 'expired') ?? null;
};

/** Nobody need come any more: the order is closed, or somebody else's. It must be locked. */
export const endCalls = async (
  tx: Tx,
  orderId: string,
  messageId: string | null,
  kinds: CallKind[] = ['work-order.escalated', 'work-order.needed'],
): Promise<void> => {
  const ids = (await tx.calls.lockOpen([orderId], null))
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ id }) => id);
  if (ids.length === 0) return;
  await tx.calls.withdraw(ids, messageId);
  await tx.calls.withdrawPages(ids);
};

/**
 * Tells whoever called that somebody has read it: once, however often that person is told, and as long as nobody has
 * taken it. Ring the bells after the commit.
 */
export const tellCallSeen = async (
  tx: Tx,
  chain: Chain,
  page: { id: string; technicianId: string },
  facts: Facts,
): Promise<Bell[]> => {
  const { kind, workOrderId, callerId, ended } = chain;
  if (ended === 'claimed' || ended === 'withdrawn' || !callerId) return [];
  const readBefore = (await tx.chains.pages(chain.id)).some(
    ({ id, technicianId, seenToldAt }) =>
      technicianId === page.technicianId && id !== page.id && seenToldAt !== null,
  );
  if (readBefore) return [];
  const [people, order] = await Promise.all([
    tx.technicians.getMany([page.technicianId, callerId]),
    workOrderId ? tx.workOrders.get(workOrderId) : null,
  ]);
  const { name } = people.get(page.technicianId)!;
  const values = { order, of: [kind as CallKind], name };
  return tell(tx, people.get(callerId)!, { key: 'call.seen', values, orderId: workOrderId }, facts);
};

/** Everybody there is was told and nobody has taken it: whoever called must not wait for that. */
const tellUnanswered = (
  tx: Tx,
  { kind }: Chain,
  { caller, order }: Caller,
  facts: Facts,
): Promise<Bell[]> => {
  const values = { order, of: [kind as CallKind] };
  return tell(tx, caller, { key: 'call.unanswered', values, orderId: order?.id ?? null }, facts);
};

const tell = async (tx: Tx, person: Technician, news: News, facts: Facts): Promise<Bell[]> =>
  (await addNews(tx, person, news, null, facts)).bells;

const stillCalls = (kind: CallKind, order: WorkOrder): boolean =>
  kind === 'work-order.escalated' ? order.escalated : isOpen(order);

const subjectOf = (
  chain: Pick<Chain, 'kind' | 'reason' | 'expiresAt'>,
  { caller, order }: Caller,
  { now }: Facts,
): Subject => {
  const news = newsOf(chain.kind as CallKind, order, caller.name, chain.reason);
  return {
    ...{ kind: news.key, alert: null, orderId: news.orderId, asset: order?.asset ?? null },
    expiresAt: chain.expiresAt ?? new Date(now.getTime() + lastsMs),
    write: (reader) => writeNews(news, reader),
    buttons: () => null,
  };
};

/** What a page of a call says. */
const newsOf = (kind: CallKind, order: WorkOrder | null, by: string, reason: string | null): News =>
  kind === 'work-order.needed' && order
    ? { key: kind, values: { order, by, what: reason ?? '' }, orderId: order.id }
    : { key: 'work-order.escalated', values: { order, by, reason }, orderId: order?.id ?? null };
