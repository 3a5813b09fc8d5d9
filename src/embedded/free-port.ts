import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

const isFree = async (port: number) => {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
};

/**
 * A port of 127.0.0.1 that was free a moment ago. It is none that the system gives to outgoing connections
 * (from 32768 on Linux, 49152 by RFC 6335), which could take it before whoever asked listens on it.
 */
export const findFreePort = async () => {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(20_000, 32_768);
    if (await isFree(port)) return port;
  }
  throw new Error('no port from 20000 to 32767 is free');
};
