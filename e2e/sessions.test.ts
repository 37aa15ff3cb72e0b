/** Sessions while the pods of their backend are replaced: each stays with its pod while that serves, and nothing is lost. */
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { createAsker } from './support/ask.ts';
import type { Asker } from './support/ask.ts';
import { rollout } from './support/controller.ts';
import { apply, createNamespace, deleteNamespace, eventually, kubectl } from './support/kubectl.ts';
import { echo, ingress } from './support/objects.ts';

const PREFIX = 'nginx.ingress.kubernetes.io';
const SESSIONS = 12;

interface Session {
  readonly pods: string[];
  readonly faults: string[];
  sent: number;
}

describe('sessions', () => {
  let namespace: string;
  let host: string;
  let ask: Asker;

  /** The pod is on its way out, or gone. */
  async function isLeaving(pod: string): Promise<boolean> {
    const args = ['--namespace', namespace, 'get', 'pod', pod, '--ignore-not-found', '-o'];
    const text = await kubectl([...args, 'jsonpath={.metadata.name} {.metadata.deletionTimestamp}']);
    return text === '' || text.trim() !== pod;
  }

  async function live(session: Session, signal: AbortSignal): Promise<void> {
    let cookie = '';
    while (!signal.aborted) {
      session.sent++;
      try {
        const reply = await ask.http({ host, headers: cookie === '' ? {} : { cookie } });
        if (reply.status !== 200) throw new Error(String(reply.status));
        cookie = reply.cookies[0]?.split(';')[0] ?? cookie;
        const last = session.pods.at(-1);
        if (last !== reply.pod) {
          if (session.pods.includes(reply.pod)) session.faults.push(`came back to ${reply.pod}`);
          session.pods.push(reply.pod);
          if (last !== undefined && !(await isLeaving(last)))
            session.faults.push(`left ${last}, which serves`);
        }
      } catch (error) {
        session.faults.push(String(error));
      }
      await setTimeout(20);
    }
  }

  before(async () => {
    namespace = await createNamespace('sessions');
    host = `web.${namespace}.test`;
    const annotations = { [`${PREFIX}/affinity`]: 'cookie', [`${PREFIX}/affinity-mode`]: 'persistent' };
    await apply(
      `${echo('web', 3)}---\n${ingress({ name: 'web', host, service: 'web', annotations })}`,
      namespace,
    );
    await rollout('web', namespace);
    ask = await createAsker();
    await ask.until({ host }, 'web');
  });

  after(() => deleteNamespace(namespace));

  it('stay with their pods through a rolling update, and lose no request', async () => {
    const stop = new AbortController();
    const sessions = Array.from({ length: SESSIONS }, (): Session => ({ pods: [], faults: [], sent: 0 }));
    const running = Promise.all(sessions.map((session) => live(session, stop.signal)));
    try {
      await kubectl(['--namespace', namespace, 'rollout', 'restart', 'deployment/web']);
      await rollout('web', namespace);
      // The last of the old pods end after the rollout.
      await eventually('the end of the old pods', async () => ((await leaving()).length === 0 ? true : null));
    } finally {
      stop.abort();
      await running;
    }
    expect(sessions.flatMap(({ faults }) => faults)).to.deep.equal([]);
    expect(sessions.reduce((sum, { sent }) => sum + sent, 0)).to.be.greaterThan(500);
    // All of them had to move, some more than once.
    for (const { pods } of sessions) expect(pods.length).to.be.greaterThan(1);
  });

  async function leaving(): Promise<readonly string[]> {
    const format = 'jsonpath={range .items[?(@.metadata.deletionTimestamp)]}{.metadata.name} {end}';
    const names = await kubectl(['--namespace', namespace, 'get', 'pods', '-o', format]);
    return names.split(' ').filter((name) => name !== '');
  }
});
