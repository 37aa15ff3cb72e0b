import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the range that the system takes for outgoing connections, so that nobody gets one by chance. */
const FIRST = 12_000;
const LAST = 30_000;

const given = new Set<number>();

/** A port on which nobody listens; never the same twice. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST);
    if (!given.has(port) && (await isFree(port))) {
      given.add(port);
      return port;
    }
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
