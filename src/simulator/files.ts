import type { Context } from 'hono';
import type { Media } from './media.ts';

/** Answers with a file that anybody may have sent: a browser shows it, but runs nothing in it. */
export const sendFile = (c: Context, { bytes, contentType, hasUnknownLength }: Media) => {
  const content = bytes as Uint8Array<ArrayBuffer>;
  return c.body(hasUnknownLength ? new Blob([content]).stream() : content, 200, {
    'Content-Type': contentType,
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    ...(hasUnknownLength ? {} : { 'Content-Length': String(content.length) }),
  });
};
