import { type Way, ways } from '../domain/message.ts';
import { whatsappPhone } from '../domain/phone.ts';
import type { StoredChannel } from '../store/channels.ts';
import type { Tx } from '../store/store.ts';
import type { Address, StoredAddress, Technician } from '../store/technicians.ts';
import { readPreferences } from './preferences.ts';

export type Route = {
  way: Way;
  channelId: string;
  conversationId: string;
  /** The ways that could follow, in their order. */
  next: Way[];
};

export type NoRoute = { not: 'no-address' | 'opted-out' | 'preference' };

/**
 * The conversation to tell somebody in, by the first way that has a channel and an address and is not switched off;
 * or why there is none. `ways` are the ones that may be tried, in their order; `after` begins behind that way, `only` asks for no other; `evenSwitchedOff` passes over what the person has switched
 * off: safety.
 */
export const findRoute = async (
  tx: Tx,
  technician: Technician,
  newId: () => string,
  options: { ways?: readonly Way[]; after?: Way; only?: Way; evenSwitchedOff?: boolean } = {},
): Promise<Route | NoRoute> => {
  const wanted = readPreferences(technician.preferences).ways;
  const all = options.ways ?? ways;
  const behind = options.after ? all.slice(all.indexOf(options.after) + 1) : all;
  const asked = options.only ? behind.filter((way) => way === options.only) : behind;

  const reached = await reachEach(tx, technician, asked);
  const usable = usableOf(reached);
  const open = usable.filter(({ way }) => wanted[way] || options.evenSwitchedOff);
  const [first, ...rest] = open;
  if (!first) {
    const isSwitchedOff = usable.length > 0 || (asked.length > 0 && asked.every((way) => !wanted[way]));
    const optedOut = reached.some((each) => 'not' in each && each.not === 'opted-out');
    return { not: isSwitchedOff ? 'preference' : optedOut ? 'opted-out' : 'no-address' };
  }
  const conversationId = await tx.conversations.open(first.channel.id, technician.id, first.address, newId);
  return {
    way: first.way,
    channelId: first.channel.id,
    conversationId,
    next: rest.map(({ way }) => way),
  };
};

/** Whether somebody can be told by any of these ways. Opens no conversation. */
export const canBeReached = async (
  tx: Tx,
  technician: Technician,
  options: { ways?: readonly Way[]; evenSwitchedOff?: boolean },
): Promise<boolean> => {
  const wanted = readPreferences(technician.preferences).ways;
  const reached = usableOf(await reachEach(tx, technician, options.ways ?? ways));
  return reached.some(({ way }) => wanted[way] || options.evenSwitchedOff);
};

/** Those of the ways that have a sender here and an address there, whatever the person wants to be told by. */
export const reachBy = async (tx: Tx, technician: Technician, by: readonly Way[]): Promise<Reached[]> =>
  usableOf(await reachEach(tx, technician, by));

type Reached = { way: Way; channel: StoredChannel; address: string };

const reachEach = async (tx: Tx, technician: Technician, by: readonly Way[]) => {
  const channels = (await tx.channels.list()).filter(({ retiredAt }) => !retiredAt);
  const addresses = technician.active ? await tx.technicians.addresses(technician.id) : [];
  return by.map((way) => reach(way, technician, channels, addresses));
};

const usableOf = (reached: (Reached | NoRoute)[]): Reached[] =>
  reached.flatMap((each) => ('channel' in each ? each : []));

/** The channel and the address, as the provider writes it, at which a way reaches somebody; or why it does not. */
const reach = (
  way: Way,
  technician: Technician,
  channels: StoredChannel[],
  addresses: StoredAddress[],
): Reached | NoRoute => {
  const channel = channels.find((each) => each.way === way);
  if (!channel) return { not: 'no-address' };
  if (way === 'email') {
    const { active, email } = technician;
    return active && email ? { way, channel, address: email } : { not: 'no-address' };
  }
  const active = addresses.filter((each) => each.active && (each.kind === 'sms') === (way === 'sms'));
  const address = pickAddress(
    active.filter(({ optedOutAt }) => optedOutAt === null),
    technician.phone,
  );
  if (!address) return { not: active.length > 0 ? 'opted-out' : 'no-address' };
  return { way, channel, address: way === 'sms' ? address.value : `whatsapp:${address.value}` };
};

const pickAddress = (addresses: Address[], phone: string | null): Address | null =>
  addresses.find(
    ({ kind, value }) => phone !== null && value === (kind === 'sms' ? phone : whatsappPhone(phone)),
  ) ??
  addresses.find(({ kind }) => kind !== 'whatsapp-user-id') ??
  addresses[0] ??
  null;
