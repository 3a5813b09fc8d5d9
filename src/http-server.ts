import { type HttpBindings, serve } from '@hono/node-server';
import { problem } from './api/problem.ts';

type Handle = (request: Request, env: HttpBindings) => Response | Promise<Response>;

/**
 * Listens, and can be stopped in two steps: `drain` answers 503 to what comes from now on and waits for what is in hand,
 * so that it still finds what it works with; `close` ends the rest. `staysOpen`: addresses that our own jobs call until
 * they have ended. Those are served, and the port accepts connections, until `close`.
 */
export const listen = async (
  { host, port }: { host: string; port: number },
  handle: Handle,
  staysOpen: (path: string) => boolean = () => false,
) => {
  let isDraining = false;
  const inHand = new Set<Promise<unknown>>();
  const fetch: Handle = (request, env) => {
    const { pathname } = new URL(request.url);
    if (staysOpen(pathname)) return handle(request, env);
    if (isDraining) return stopping();
    const answered = new Promise<void>((done) => env.outgoing.once('close', done));
    inHand.add(answered);
    void answered.then(() => inHand.delete(answered));
    return handle(request, env);
  };
  const server = await new Promise<ReturnType<typeof serve>>((listening, failed) => {
    const begun = serve({ fetch: fetch as never, hostname: host, port }, () => listening(begun));
    begun.once('error', failed);
  });

  let closed: Promise<void> | null = null;
  const refuseConnections = () => {
    closed ??= new Promise<void>((done) => server.close(() => done()));
    return closed;
  };

  /** `keepsPort`: for those whose address stays open. */
  const drain = async (deadlineMs: number, keepsPort = false): Promise<void> => {
    isDraining = true;
    if (!keepsPort) void refuseConnections();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((over) => {
      timer = setTimeout(over, deadlineMs);
    });
    await Promise.race([Promise.all(inHand), late]);
    clearTimeout(timer);
  };

  const close = async (): Promise<void> => {
    const over = refuseConnections();
    if ('closeIdleConnections' in server) server.closeIdleConnections();
    // A browser's event stream would keep the server open for ever.
    setTimeout(() => 'closeAllConnections' in server && server.closeAllConnections(), 2000).unref();
    await over;
  };

  return { drain, close };
};

/** Whoever kept a connection goes to another process, or comes back when this one is replaced. */
const stopping = (): Response =>
  problem('unavailable', {
    detail: 'This process is stopping; try again.',
    headers: { connection: 'close' },
  });
