import { randomBytes } from 'node:crypto';
import type { Tx } from '../store/store.ts';
import type { Auth } from './auth.ts';

export const linkHours = 72;

/**
 * A link with which somebody sets their password, once; those given out before open nothing any more, and whoever signed
 * in as them at the OpenID provider is looked up by address anew.
 */
export const newLink = async (
  tx: Tx,
  auth: Auth,
  userId: string,
  { publicBaseUrl, slug }: { publicBaseUrl: string; slug: string },
): Promise<string> => {
  const token = randomBytes(24).toString('base64url');
  await tx.panelUsers.forgetLinks(userId);
  await tx.panelUsers.forgetOpenId(userId);
  await auth.within(tx, () => auth.makeLink(userId, token));
  const tenant = slug === 'default' ? '' : `?tenant=${encodeURIComponent(slug)}`;
  return `${publicBaseUrl}/admin/invitation/${token}${tenant}`;
};
