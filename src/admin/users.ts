import { hashPassword } from 'better-auth/crypto';
import type { Deps } from '../deps.ts';
import type { PanelRole } from '../domain/panel-role.ts';
import type { Tx } from '../store/store.ts';

/** Somebody who can sign in with a password at once; their id, or null if there is somebody of that address. */
export const addUser = async (
  tx: Tx,
  { newId }: Pick<Deps, 'newId'>,
  { password, ...user }: { email: string; name: string; role: PanelRole; password: string },
): Promise<string | null> => {
  const id = newId();
  if (!(await tx.panelUsers.add({ id, ...user }))) return null;
  await tx.panelUsers.addPassword({ id: newId(), userId: id, hash: await hashPassword(password) });
  return id;
};
