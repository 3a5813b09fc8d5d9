import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Asked = { method: string; path: string; headers: IncomingHttpHeaders; body: string };
export type Answered = { status: number; headers: Record<string, string>; body: string };

/** Stands before a service and answers as it does, but for what `change` makes of it; null: no change. */
export const startProxy = async (
  target: string,
  change: (asked: Asked, pass: (asked: Asked) => Promise<Answered>) => Promise<Answered | null>,
) => {
  const pass = async ({ method, path, headers, body }: Asked): Promise<Answered> => {
    const { host, connection, 'content-length': length, ...rest } = headers as Record<string, string>;
    const response = await fetch(target + path, {
      method,
      headers: rest,
      ...(method === 'GET' ? {} : { body }),
      redirect: 'manual',
    });
    const {
      'content-encoding': _,
      'transfer-encoding': __,
      ...answered
    } = Object.fromEntries(response.headers);
    return { status: response.status, headers: answered, body: await response.text() };
  };
  const server = createServer(async (request, response) => {
    const { method = '', url: path = '', headers } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const asked = { method, path, headers, body: Buffer.concat(chunks).toString('utf8') };
    try {
      const { status, headers, body } = (await change(asked, pass)) ?? (await pass(asked));
      const { 'content-length': _, ...others } = headers;
      response.writeHead(status, others).end(status === 204 ? undefined : body);
    } catch {
      response.destroy();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};
