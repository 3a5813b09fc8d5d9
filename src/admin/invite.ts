import type { Deps } from '../deps.ts';
import type { Tx } from '../store/store.ts';
import { newLink } from './links.ts';
import type { PanelSettings } from './settings.ts';

/**
 * For who has no panel to ask in: makes somebody an administrator of the tenant and answers with the link that sets their
 * password. Who is there already is one again, enabled, and what else they had opens nothing any more.
 */
export const createInvite =
  (deps: Deps, { publicBaseUrl }: Pick<PanelSettings, 'publicBaseUrl'>) =>
  async (
    tx: Tx,
    { email, name }: { email: string; name: string | null },
  ): Promise<{ isNew: boolean; name: string; link: string }> => {
    // It takes a second to load.
    const { createAuth } = await import('./auth.ts');
    await tx.tenants.lock('panel users');
    const known = await tx.panelUsers.byEmail(email);
    const user = known ?? { id: deps.newId(), name: name ?? email.split('@', 1)[0]!, email };
    if (known) {
      await tx.panelUsers.setRole(known.id, 'administrator');
      await tx.panelUsers.setDisabled(known.id, false);
    } else await tx.panelUsers.add({ ...user, role: 'administrator' });
    await tx.audit.add({
      ...{ id: deps.newId(), userId: null, userName: 'The operator', address: 'the API' },
      ...{ action: known ? 'user.link' : 'user.added', subject: email, details: { role: 'administrator' } },
    });
    const auth = createAuth(deps, { publicBaseUrl, openId: null });
    const { slug } = (await tx.tenants.get())!;
    const link = await newLink(tx, auth, user.id, { publicBaseUrl, slug });
    return { isNew: !known, name: user.name, link };
  };
