import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { lookupPublic } from '../public-address.ts';
import type { MediaAnswer } from './provider.ts';

export type MediaAccess = {
  /** Basic credentials of the account. */
  authorization: string;
  /** What stands for Twilio's own host, if anything does. */
  baseUrl: string | null;
  limits?: MediaLimits;
};

type MediaLimits = { maxBytes: number; idleMs: number; totalMs: number };

const usualLimits: MediaLimits = { maxBytes: 25 * 1024 * 1024, idleMs: 10_000, totalMs: 45_000 };
const maxRedirects = 3;

/**
 * Fetches what somebody sent. Twilio asks for the account's credentials, then sends us on to a signed address
 * of its CDN, which refuses them. Only Twilio's hosts are asked, whatever an address says.
 */
export const fetchMedia = async (
  url: string,
  access: MediaAccess,
  stopping: AbortSignal,
): Promise<MediaAnswer> => {
  const limits = access.limits ?? usualLimits;
  const over = new AbortController();
  const end = () => over.abort();
  const timer = setTimeout(end, limits.totalMs);
  stopping.addEventListener('abort', end, { once: true });
  if (stopping.aborted) end();
  try {
    return await follow(url, access, limits, over);
  } catch (error) {
    if (stopping.aborted) return { kind: 'stopped' };
    // The error may hold the address with its signature: only its kind may leave here.
    return { kind: 'failed', reason: over.signal.aborted ? 'took too long' : codeOf(error) };
  } finally {
    clearTimeout(timer);
    stopping.removeEventListener('abort', end);
  }
};

const follow = async (
  url: string,
  access: MediaAccess,
  limits: MediaLimits,
  over: AbortController,
): Promise<MediaAnswer> => {
  let next = atBase(url, access.baseUrl);
  for (let hop = 0; hop <= maxRedirects; hop++) {
    const place = next && placeOf(next, access.baseUrl);
    if (!next || !place)
      return { kind: 'refused', problem: "it lies at an address that is not the provider's", alarm: true };
    const withCredentials = hop === 0 && place !== 'cdn';
    const response = await ask(
      next,
      place === 'base',
      withCredentials ? access.authorization : null,
      limits,
      over,
    );
    const { statusCode = 0, headers } = response;
    if (statusCode === 200) return read(response, limits.maxBytes);

    response.destroy();
    if ([301, 302, 303, 307, 308].includes(statusCode) && headers.location) {
      next = URL.canParse(headers.location, next.href) ? new URL(headers.location, next) : null;
      continue;
    }
    if (statusCode === 404 || statusCode === 410) return { kind: 'not-there' };
    if (withCredentials && (statusCode === 401 || statusCode === 403)) return { kind: 'unauthorized' };
    return { kind: 'failed', reason: `status ${statusCode}` };
  }
  return { kind: 'failed', reason: 'too many redirects' };
};

/** Twilio's webhooks name Twilio's host, also where another one stands for it. */
const atBase = (url: string, baseUrl: string | null): URL | null => {
  if (!URL.canParse(url)) return null;
  const parsed = new URL(url);
  return baseUrl && parsed.origin === 'https://api.twilio.com'
    ? new URL(`${baseUrl}${parsed.pathname}${parsed.search}`)
    : parsed;
};

const apiHost = /^api(\.[a-z0-9-]+){0,2}\.twilio\.com$/;
const cdnHosts = [
  /^([a-z0-9-]+\.)*twiliocdn\.com$/,
  // Where Twilio kept it before it had a CDN.
  /^([a-z0-9.-]+\.)?s3([.-][a-z0-9-]+){0,3}\.amazonaws\.com$/,
];

const placeOf = (url: URL, baseUrl: string | null): 'base' | 'api' | 'cdn' | null => {
  if (url.username || url.password) return null;
  if (baseUrl && url.href.startsWith(`${new URL(baseUrl).href.replace(/\/+$/, '')}/`)) return 'base';
  if (url.protocol !== 'https:' || url.port !== '') return null;
  if (apiHost.test(url.hostname)) return 'api';
  return cdnHosts.some((host) => host.test(url.hostname)) ? 'cdn' : null;
};

const ask = (
  url: URL,
  mayBePrivate: boolean,
  authorization: string | null,
  { idleMs }: MediaLimits,
  over: AbortController,
): Promise<IncomingMessage> =>
  new Promise((answered, failed) => {
    const request = (url.protocol === 'https:' ? https : http).get(url, {
      agent: false,
      signal: over.signal,
      headers: { 'accept-encoding': 'identity', ...(authorization ? { authorization } : {}) },
      ...(mayBePrivate ? {} : { lookup: lookupPublic }),
    });
    request.setTimeout(idleMs, () => over.abort());
    request.on('response', answered);
    request.on('error', failed);
  });

/** The whole body, or as much of it as shows that it is too big. */
const read = async (response: IncomingMessage, maxBytes: number): Promise<MediaAnswer> => {
  const tooBig: MediaAnswer = {
    kind: 'refused',
    problem: `it is too big: more than ${Math.floor(maxBytes / 1024 / 1024)} MB`,
  };
  if (Number(response.headers['content-length']) > maxBytes) {
    response.destroy();
    return tooBig;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  // Ends with an error if the connection does before the body.
  for await (const chunk of response) {
    size += chunk.length;
    // Leaving the loop ends the connection.
    if (size > maxBytes) return tooBig;
    chunks.push(chunk);
  }
  return size > 0 ? { kind: 'got', bytes: Buffer.concat(chunks) } : { kind: 'failed', reason: 'empty' };
};

const codeOf = (error: unknown): string => {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'unknown';
};
