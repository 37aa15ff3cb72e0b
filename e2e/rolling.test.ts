/** Nothing is lost while pods of a backend, or of the controller itself, are replaced. */
import { expect } from 'chai';
import {
  CONTROLLER,
  NAMESPACE,
  eventuallyPage,
  nodeAddress,
  nodePort,
  rollout,
} from './support/controller.ts';
import { apply, createNamespace, deleteNamespace, eventually, kubectl } from './support/kubectl.ts';
import { assertNothingLost, loseNothing } from './support/load.ts';
import type { Target } from './support/load.ts';
import { echo, ingress, localNodePort } from './support/objects.ts';
import { startReviews } from './support/reviews.ts';

const REQUESTS = 10_000;
const LOCAL = 'e2e-local';

describe('rolling updates under load', () => {
  let namespace: string;
  let targets: readonly Target[];

  before(async () => {
    namespace = await createNamespace('rolling');
    const host = `web.${namespace}.test`;
    await apply(`${echo('web', 2)}---\n${ingress({ name: 'web', host, service: 'web' })}`, namespace);
    await apply(localNodePort(LOCAL), NAMESPACE);
    await rollout('web', namespace);
    await kubectl(['--namespace', NAMESPACE, 'scale', CONTROLLER, '--replicas=2']);
    await rollout();
    await eventuallyPage(host, 200);
    const ports = [await nodePort('http'), await nodePort('http', LOCAL)];
    targets = ports.map((port) => ({ host, url: `http://${nodeAddress()}:${port}/` }));
  });

  after(async () => {
    await kubectl(['--namespace', NAMESPACE, 'delete', 'service', LOCAL, '--ignore-not-found']);
    await kubectl(['--namespace', NAMESPACE, 'scale', CONTROLLER, '--replicas=1']);
    await rollout();
    await deleteNamespace(namespace);
  });

  it(`loses none of ${REQUESTS} requests while a backend is replaced`, async () => {
    await loseNothing({ targets, atLeast: REQUESTS }, async () => {
      await kubectl(['--namespace', namespace, 'rollout', 'restart', 'deployment/web']);
      await rollout('web', namespace);
    });
  });

  it(`loses none of ${REQUESTS} requests, and no review, while the controller is replaced`, async () => {
    const reviews = await startReviews(namespace);
    await loseNothing({ targets, atLeast: REQUESTS }, async () => {
      await kubectl(['--namespace', NAMESPACE, 'rollout', 'restart', CONTROLLER]);
      await rollout();
      await controllersGone();
    }).finally(reviews.stop);
    const result = await reviews.stop();
    assertNothingLost(result);
    expect(result.sent).to.be.greaterThan(100);
  });

  it('elects another replica when the leader is killed, and status goes on', async () => {
    const holder = () =>
      kubectl([
        '--namespace',
        NAMESPACE,
        'get',
        'lease',
        'ingress-nginx-leader',
        '-o',
        'jsonpath={.spec.holderIdentity}',
      ]);
    const first = await eventually('a leader', async () => (await holder()) || null);
    await kubectl(['--namespace', NAMESPACE, 'delete', 'pod', first, '--wait=false']);
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

/** The old pods end later than the rollout. */
async function controllersGone(): Promise<void> {
  await eventually('two pods of the controller', async () => {
    const names = await kubectl([
      '--namespace',
      NAMESPACE,
      'get',
      'pods',
      '--selector',
      'app.kubernetes.io/component=controller',
      '-o',
      'name',
    ]);
    return names.trim().split('\n').length === 2 ? true : null;
  });
}
