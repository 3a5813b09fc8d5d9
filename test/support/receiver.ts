import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Received = { id: string; path: string; headers: IncomingHttpHeaders; body: string };
export type Answer = (response: ServerResponse) => void;

/** A receiver of webhooks. It notes what it gets, and answers as the test says. */
export const startReceiver = async () => {
  const got: Received[] = [];
  const waits = new Set<() => void>();
  let answer: Answer = takes;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const { headers, url = '' } = request;
      got.push({ id: String(headers['webhook-id']), path: url, headers, body });
      answer(response);
      for (const tell of waits) tell();
      waits.clear();
    });
  });
  const listen = async (port = 0) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const port = await listen();
  const close = () =>
    new Promise<void>((closed) => {
      server.close(() => closed());
      server.closeAllConnections();
    });
  return {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    got,
    ids: () => got.map(({ id }) => id),
    /** How it answers from now on. */
    will: (next: Answer) => {
      answer = next;
    },
    /** Resolves once it has got that many. */
    hasGot: async (count: number) => {
      while (got.length < count) await new Promise<void>((news) => waits.add(news));
    },
    down: close,
    up: () => listen(port),
    close,
  };
};

export const answers =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(status, headers).end();

export const takes: Answer = answers(204);
export const never: Answer = () => {};
