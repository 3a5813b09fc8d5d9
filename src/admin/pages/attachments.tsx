import { z } from 'zod';
import { extensionOf, isPicture } from '../../attachments/content-type.ts';
import { type Files, keyOf } from '../../attachments/files.ts';
import type { Deps } from '../../deps.ts';
import { NotFound } from '../errors.tsx';
import { OpenPage, show } from '../frame.tsx';
import { type AdminRoute, everybody, look } from '../route.ts';

/** What technicians sent: pictures to be shown in a page, everything else to be saved. */
export const attachmentRoutes = (deps: Deps, files: () => Files): AdminRoute[] => [
  {
    method: 'get',
    path: '/attachments/:id',
    for: everybody,
    handle: async (visit) => {
      const { c } = visit;
      const id = z.uuid().safeParse(c.req.param('id'));
      const found = id.success ? await look(deps, visit, (tx) => tx.attachments.get(id.data)) : null;
      if (!found?.contentType || found.sizeBytes === null || !found.sha256) {
        return show(visit, <NotFound visit={visit} />, 404);
      }
      const { contentType, sizeBytes, kind } = found;
      const etag = `"${found.sha256}"`;
      const always = {
        etag,
        // Whatever a browser makes of it, it is not part of the panel; its own page for a picture has styles in it.
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        // Kept by the browser, and asked about each time: the session may be over.
        'cache-control': 'private, no-cache',
      };
      const headers = {
        ...always,
        'content-type': contentType,
        'content-length': String(sizeBytes),
        'content-disposition': `${isPicture(contentType) ? 'inline' : 'attachment'}; filename="${kind}-${found.id}.${extensionOf(contentType)}"`,
      };
      // What comes with it takes the place of what the browser has kept: a page's policy would be the file's then.
      if (c.req.header('if-none-match') === etag) return new Response(null, { status: 304, headers: always });
      if (c.req.method === 'HEAD') return new Response(null, { headers });
      const bytes = await files().open(keyOf(visit.tenant.id, found.id));
      if (bytes) return new Response(bytes, { headers });
      // Kept elsewhere: on a disk that this process does not share with the one that stored it.
      deps.log.error({ event: 'attachment.missing', alarm: true, attachmentId: found.id });
      return show(
        visit,
        <OpenPage title="The file is not here">
          <p>
            It was stored, but not where this service can read it. An operator must look: the log has more.
          </p>
        </OpenPage>,
        503,
      );
    },
  },
];
