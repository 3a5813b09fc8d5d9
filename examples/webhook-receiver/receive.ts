import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';

// Receives the events of RBM WhatsApp. WEBHOOK_SECRET is the secret that the endpoint's first PUT answered:
//
//   curl -X PUT "$RBM_URL/api/v1/webhook-endpoints/mine" -H "Authorization: Bearer $RBM_KEY" \
//     -H 'Content-Type: application/json' -d '{ "url": "https://cmms.example.com/rbm-events", "active": true }'
//   WEBHOOK_SECRET=whsec_… PORT=8080 npx tsx examples/webhook-receiver/receive.ts

const { WEBHOOK_SECRET, PORT = '8080' } = process.env;
if (!WEBHOOK_SECRET) {
  console.error('Set WEBHOOK_SECRET to the secret of the endpoint, whsec_…');
  process.exit(2);
}
const webhook = new Webhook(WEBHOOK_SECRET);

type Event = { id: string; type: string; workOrder: string | null; data: Record<string, unknown> };

const largestBody = 256 * 1024;

// In a CMMS this is a table with a unique column: a memory forgets.
const done = new Set<string>();

const receive = async (request: IncomingMessage, response: ServerResponse) => {
  const body = await readBody(request);
  if (body === null) return response.writeHead(413, { connection: 'close' }).end();

  let event: Event;
  try {
    // The signature covers these bytes: verify before anything reads or rewrites them. It also refuses old ones.
    event = webhook.verify(body, request.headers as Record<string, string>) as Event;
  } catch {
    return response.writeHead(401).end();
  }

  // An event comes again when our answer got lost. It keeps its id, and is not done again. The work comes first: marked
  // before, an event whose work fails would be lost, since its next try is taken for done. A CMMS does both in one
  // transaction, so that neither is ever there without the other.
  const id = request.headers['webhook-id'] as string;
  if (!done.has(id)) {
    work(event);
    done.add(id);
  }
  // Only now: whatever is not answered with 2xx comes again, and what comes after it waits.
  return response.writeHead(204).end();
};

/** What the CMMS makes of an event. When this throws, the event is not answered and comes again. */
const work = ({ type, workOrder, data }: Event) => {
  console.log(`${type} ${workOrder ?? ''} ${JSON.stringify(data)}`);
};

const readBody = async (request: IncomingMessage): Promise<string | null> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > largestBody) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const server = createServer((request, response) => {
  receive(request, response).catch(() => response.destroy());
});
server.listen(Number(PORT), () => console.log(`listening on ${PORT}`));
