/** Clients that send large bodies slowly, over TLS, each over a connection of its own. */
import { request } from 'node:https';
import { setTimeout } from 'node:timers/promises';

export interface SlowBodies {
  /** Those that are still under way. */
  open(): number;
  /** What became of each: a status, or the word of the broken connection. */
  readonly outcomes: Promise<readonly string[]>;
}

export interface SlowBody {
  readonly port: number;
  readonly path: string;
  readonly body: Buffer;
  /** Milliseconds from the first byte to the last. */
  readonly duration: number;
}

/** Parts of each body. */
const PARTS = 20;

export function sendSlowBodies(count: number, what: SlowBody): SlowBodies {
  let open = count;
  const outcomes = Promise.all(Array.from({ length: count }, () => sendOne(what).finally(() => (open -= 1))));
  return { open: () => open, outcomes };
}

function sendOne({ port, path, body, duration }: SlowBody): Promise<string> {
  return new Promise((resolve) => {
    const sent = request({
      host: '127.0.0.1',
      port,
      path,
      method: 'POST',
      agent: false,
      rejectUnauthorized: false,
      headers: { 'content-length': body.length },
    });
    sent.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    sent.once('response', (response) => {
      resolve(String(response.statusCode));
      response.resume();
    });
    sent.once('close', () => resolve('closed'));
    trickle(sent, body, duration / PARTS).catch((error: unknown) => resolve(String(error)));
  });
}

async function trickle(sent: ReturnType<typeof request>, body: Buffer, pause: number): Promise<void> {
  const size = Math.ceil(body.length / PARTS);
  for (let number = 0; number < PARTS && !sent.destroyed; number++) {
    sent.write(body.subarray(number * size, (number + 1) * size));
    await setTimeout(pause);
  }
  sent.end();
}
