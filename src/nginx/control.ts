/** HTTP over the control socket of nginx. */
import { setTimeout } from 'node:timers/promises';
import { Agent, request } from 'undici';

export interface ControlClient {
  /** "checksum pid" of the worker that answered. @throws when nobody answers. */
  generation(): Promise<{ readonly checksum: string; readonly pid: number }>;
  /** @throws when nginx refuses or nobody answers for a while. */
  update(change: LiveChange): Promise<void>;
  /** From now on, answers ask clients not to keep their connections. @throws like `update`. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

export interface LiveChange {
  readonly set: readonly (readonly [key: string, version: number, value: string])[];
  readonly remove: readonly string[];
  /** Whether everything has been sent now. */
  readonly complete: boolean;
}

const TIMEOUTS = { headersTimeout: 10_000, bodyTimeout: 10_000 } as const;
// A worker that is told to quit may drop a connection that it has just taken; another takes the next.
const ATTEMPTS = 6;

export function createControlClient(socketPath: string): ControlClient {
  const dispatcher = new Agent({ connect: { socketPath, timeout: 5000 }, pipelining: 0 });

  async function postOnce(path: string, body: string): Promise<void> {
    const answer = await request(`http://nginx${path}`, { method: 'POST', body, dispatcher, ...TIMEOUTS });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new RefusedByNginx(`${answer.statusCode} ${text.trim()}`);
  }

  async function post(path: string, change: object): Promise<void> {
    const body = JSON.stringify(change);
    for (let attempt = 1; ; attempt++) {
      try {
        return await postOnce(path, body);
      } catch (error) {
        if (error instanceof RefusedByNginx || attempt === ATTEMPTS) throw error;
        await setTimeout(5 * 2 ** attempt);
      }
    }
  }

  return {
    async generation() {
      const answer = await request('http://nginx/generation', { dispatcher, ...TIMEOUTS });
      const [checksum = '', pid = ''] = (await answer.body.text()).trim().split(' ');
      return { checksum, pid: Number(pid) };
    },
    update: (change) => post('/live', change),
    drain: () => post('/live', { draining: true }),
    close: () => dispatcher.close(),
  };
}

/** nginx answered, and the answer is no: trying again would not help. */
export class RefusedByNginx extends Error {
  override readonly name = 'RefusedByNginx';
}
