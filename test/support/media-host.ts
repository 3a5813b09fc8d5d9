import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A host like Twilio's for media: whatever is asked for is answered as the test says, and noted. */
export const startMediaHost = async () => {
  const answers = new Map<string, Answer[]>();
  const asked: { path: string; authorization: string | null }[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push({ path, authorization: request.headers.authorization ?? null });
    const waiting = answers.get(path) ?? [];
    const answer = waiting.length > 1 ? waiting.shift() : waiting[0];
    if (answer) answer(response, request);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    asked,
    /** How that path answers: each once, the last one from then on. */
    on: (path: string, ...each: Answer[]) => void answers.set(path, each),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

export const status =
  (code: number): Answer =>
  (response) =>
    void response.writeHead(code).end();

export const gives =
  (bytes: Buffer): Answer =>
  (response) =>
    void response.writeHead(200, { 'content-length': bytes.length }).end(bytes);

export const sendsTo =
  (location: string, code = 307): Answer =>
  (response) =>
    void response.writeHead(code, { location }).end();

/** Answers those with the right credentials, and 401 to others. */
export const withCredentials =
  (credentials: string, then: Answer): Answer =>
  (response, request) =>
    request.headers.authorization === `Basic ${Buffer.from(credentials).toString('base64')}`
      ? then(response, request)
      : status(401)(response, request);

/** As a signed address does: it wants no other credentials. */
export const withoutCredentials =
  (then: Answer): Answer =>
  (response, request) =>
    request.headers.authorization ? status(400)(response, request) : then(response, request);

export const neverEnds: Answer = (response) => {
  response.writeHead(200);
  const chunk = Buffer.alloc(1024 * 1024);
  const more = () => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
};

export const breaksOff =
  (bytes: Buffer): Answer =>
  (response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
  };

export const stalls =
  (bytes: Buffer): Answer =>
  (response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, bytes.length / 2));
  };
