/** Nothing is lost while pods of a backend, or of the controller itself, are replaced. */
import { setTimeout } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { expect } from 'chai';
import { eventuallyPage, nodeAddress, nodePort } from './support/controller.ts';
import { apply, createNamespace, deleteNamespace, eventually, kubectl } from './support/kubectl.ts';
import { echo, ingress } from './support/objects.ts';

interface Load {
  stop(): Promise<{ readonly sent: number; readonly failures: readonly string[] }>;
}

/** A steady stream of requests, each on a connection of its own, about 100 a second. */
function startLoad(host: string, url: string): Load {
  const stopping = new AbortController();
  const failures: string[] = [];
  let sent = 0;
  async function client(): Promise<void> {
    while (!stopping.signal.aborted) {
      const agent = new Agent({ connect: { timeout: 5000 } });
      sent++;
      try {
        const answer = await request(url, { headers: { host }, dispatcher: agent, headersTimeout: 10_000 });
        await answer.body.dump();
        if (answer.statusCode !== 200) failures.push(String(answer.statusCode));
      } catch (error) {
        failures.push(String(error));
      }
      await agent.close();
      await setTimeout(30);
    }
  }
  const clients = Array.from({ length: 4 }, client);
  return {
    async stop() {
      stopping.abort();
      await Promise.all(clients);
      return { sent, failures };
    },
  };
}

describe('rolling updates under load', () => {
  let namespace: string;
  let host: string;
  let url: string;

  before(async () => {
    namespace = await createNamespace('rolling');
    host = `web.${namespace}.test`;
    await apply(`${echo('web', 2)}---\n${ingress({ name: 'web', host, service: 'web' })}`, namespace);
    await kubectl(['--namespace', namespace, 'rollout', 'status', 'deployment/web', '--timeout=60s']);
    await eventuallyPage(host, 200);
    url = `http://${nodeAddress()}:${await nodePort('http')}/`;
  });

  after(async () => {
    await kubectl([
      '--namespace',
      'ingress-nginx',
      'scale',
      'deployment/ingress-nginx-controller',
      '--replicas=1',
    ]);
    await deleteNamespace(namespace);
  });

  it('loses no request while a backend is replaced', async () => {
    const load = startLoad(host, url);
    await kubectl(['--namespace', namespace, 'rollout', 'restart', 'deployment/web']);
    await kubectl(['--namespace', namespace, 'rollout', 'status', 'deployment/web', '--timeout=120s']);
    const { sent, failures } = await load.stop();
    expect(failures).to.deep.equal([]);
    expect(sent).to.be.greaterThan(100);
  });

  it('elects another replica when the leader is killed, and status goes on', async () => {
    const controller = ['--namespace', 'ingress-nginx'];
    await kubectl([...controller, 'scale', 'deployment/ingress-nginx-controller', '--replicas=2']);
    await kubectl([
      ...controller,
      'rollout',
      'status',
      'deployment/ingress-nginx-controller',
      '--timeout=120s',
    ]);
    const holder = () =>
      kubectl([
        ...controller,
        'get',
        'lease',
        'ingress-nginx-leader',
        '-o',
        'jsonpath={.spec.holderIdentity}',
      ]);
    const first = await eventually('a leader', async () => (await holder()) || null);
    await kubectl([...controller, 'delete', 'pod', first, '--wait=false']);
    await eventually('another leader', async () => {
      const now = await holder();
      return now !== '' && now !== first ? now : null;
    });
    await apply(ingress({ name: 'later', host: `later.${namespace}.test`, service: 'web' }), namespace);
    await eventually('the status of a later Ingress', async () => {
      const text = await kubectl(['--namespace', namespace, 'get', 'ingress', 'later', '--no-headers']);
      return text.includes(nodeAddress()) ? text : null;
    });
  });
});
