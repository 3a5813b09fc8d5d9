import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { Json, Kit } from './kit.ts';
import { expectSame, expectStatus, expectThat, Skipped, skip } from './rule.ts';

export type Webhook = { id: string; headers: IncomingHttpHeaders; body: string };

type Endpoint = {
  path: string;
  secret: string;
  /** What has come here about an order, as it came. */
  about: (number: string) => Webhook[];
};

type Answer = (response: ServerResponse) => void;

const takes: Answer = (response) => void response.writeHead(204).end();

/** Listens where webhooks arrive, until the rule is over. Skips the rule where that cannot be done. */
export const openReceiver = async (kit: Kit) => {
  const places = new Map<string, { got: Webhook[]; first: { about: string; answer: Answer } | null }>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const place = places.get(new URL(request.url ?? '', 'http://here').searchParams.get('to') ?? '');
    if (!place) return response.writeHead(404).end();
    const { headers } = request;
    const body = Buffer.concat(chunks).toString('utf8');
    place.got.push({ id: String(headers['webhook-id']), headers, body });
    const { first } = place;
    if (!first || first.about !== readEvent(body).workOrder) return takes(response);
    place.first = null;
    return first.answer(response);
  });
  const { host, port } = kit.listen!;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new Skipped(`cannot listen: ${error.message}`)));
    server.listen(port, host ?? undefined, resolve);
  });
  kit.onEnd(async () => {
    server.close();
    server.closeAllConnections();
  });

  const addressOf = (name: string) => {
    const address = new URL(kit.receiveAt!);
    address.searchParams.set('to', name);
    return address.href;
  };

  return {
    /** An endpoint of its own that is sent to from now on; `first` is the answer to what comes first about that order. */
    endpoint: async (
      fields: object = {},
      first: { about: string; answer: Answer } | null = null,
    ): Promise<Endpoint> => {
      const name = kit.name('W');
      const got: Webhook[] = [];
      places.set(name, { got, first });
      const path = `/webhook-endpoints/${name}`;
      kit.leave(path, { active: false });
      const answer = await kit.put(path, { url: addressOf(name), active: true, ...fields });
      const [fault] = answer.status === 422 ? answer.body.errors : [];
      if (fault?.pointer === '/url') skip(`the installation refuses --receive-at: it ${fault.detail}`);
      const { secret } = expectStatus(answer, 201).body;
      const about = (number: string) =>
        got.filter(({ body }) => {
          const { workOrder, type } = readEvent(body);
          // A message to nobody's phone fails sooner or later, and tells so as well.
          return workOrder === number && String(type).startsWith('work_order.');
        });
      return { path, secret, about };
    },
    /** Where nothing may ever come. */
    trap: () => {
      const name = kit.name('W');
      const got: Webhook[] = [];
      places.set(name, { got, first: null });
      return { address: addressOf(name), got };
    },
  };
};

const readEvent = (body: string): Json => {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {};
  }
};

/** Signed after the Standard Webhooks specification, with this secret among others. */
export const expectSigned = ({ headers, body }: Webhook, secret: string): void => {
  const [id, at] = [headers['webhook-id'], headers['webhook-timestamp']];
  expectThat(typeof id === 'string', 'a webhook-id', headers);
  expectThat(Math.abs(Number(at) - Date.now() / 1000) < 300, 'a webhook-timestamp of now', at);
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64');
  expectThat(
    String(headers['webhook-signature']).split(' ').includes(`v1,${signature}`),
    `a webhook-signature v1,${signature}`,
    headers['webhook-signature'],
  );
};

/** The types of what came, in the order it came in. */
export const expectTypes = (what: string, webhooks: Webhook[], types: string[]): void =>
  expectSame(
    what,
    webhooks.map(({ body }) => readEvent(body).type),
    types,
  );
