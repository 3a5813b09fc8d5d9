import { z } from '@hono/zod-openapi';
import { extensionOf } from '../attachments/content-type.ts';
import { type Files, keyOf } from '../attachments/files.ts';
import type { Deps } from '../deps.ts';
import type { Attachment } from '../store/attachments.ts';
import { fail, notFound } from './problem.ts';
import { type ApiRoute, inTenant, problems } from './route.ts';

const waitSeconds = 5;

export const attachmentRoutes = (deps: Deps, files: Files): ApiRoute[] => [
  {
    method: 'get',
    path: '/attachments/{id}/content',
    summary: 'The bytes of what a technician sent',
    description:
      'Until they are fetched from the provider: 503. What is refused, lost or a location has none: 404, with the reason.',
    answers: {
      200: {
        description: 'The file, in the type its bytes show; ETag is its SHA-256',
        content: { 'application/octet-stream': { schema: z.string().meta({ format: 'binary' }) } },
      },
      304: { description: 'Unchanged since that If-None-Match' },
      ...problems(404),
    },
    handle: async (c) => {
      const id = z.uuid().safeParse(c.req.param('id'));
      const found = id.success ? await inTenant(c, deps, (tx) => tx.attachments.get(id.data)) : null;
      const { contentType, sizeBytes, sha256 } = contentOf(found ?? notFound());

      const always = {
        etag: `"${sha256}"`,
        // Whatever a browser makes of it, it is not part of this site.
        'content-security-policy': "default-src 'none'; sandbox",
      };
      const headers = {
        ...always,
        'content-type': contentType,
        'content-length': String(sizeBytes),
        'content-disposition': `attachment; filename="${found!.kind}-${found!.id}.${extensionOf(contentType)}"`,
      };
      if (isNamed(c.req.header('if-none-match'), headers.etag)) {
        // What comes with it takes the place of what was kept.
        return new Response(null, { status: 304, headers: always });
      }
      if (c.req.method === 'HEAD') return new Response(null, { headers });
      const bytes = await files.open(keyOf(c.get('caller').tenantId, found!.id));
      if (!bytes) {
        // Kept elsewhere: on a disk that this process does not share with the one that stored it.
        deps.log.error({ event: 'attachment.missing', alarm: true, attachmentId: found!.id });
        return fail('internal', { detail: 'What was stored is not where it should be' });
      }
      return new Response(bytes, { headers });
    },
  },
];

/** What is known of the bytes, or the answer if there are none. */
const contentOf = ({ kind, state, problem, ...known }: Attachment) => {
  const { contentType, sizeBytes, sha256 } = known;
  if (kind === 'location') return fail('not-found', { detail: 'A location has no content' });
  if (state === 'refused') return fail('not-found', { detail: `It was not stored: ${problem}` });
  if (state === 'lost') return fail('not-found', { detail: `It could not be stored: ${problem}` });
  if (contentType === null || sizeBytes === null || sha256 === null) {
    return fail('unavailable', {
      detail: 'It is still being fetched from the provider',
      headers: { 'retry-after': String(waitSeconds) },
    });
  }
  return { contentType, sizeBytes, sha256 };
};

const isNamed = (header: string | undefined, etag: string): boolean =>
  (header ?? '').split(',').some((each) => [etag, `W/${etag}`, '*'].includes(each.trim()));
