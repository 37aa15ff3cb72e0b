/** Nothing is lost while pods of a backend, or of the controller itself, are replaced. */
import { expect } from 'chai';
import {
  CONTROLLER,
  NAMESPACE,
  controllerPods,
  eventuallyPage,
  nodeAddress,
  nodePort,
  rollout,
} from './support/controller.ts';
import {
  apply,
  createNamespace,
  deleteNamespace,
  eventually,
  ingressState,
  kubectl,
} from './support/kubectl.ts';
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
    await eventuallyPage(host, 200);
    // kube-proxy needs a moment for the second Service.
    await eventuallyPage(host, 200, LOCAL);
    const ports = [await nodePort('http'), await nodePort('http', LOCAL)];
    targets = ports.map((port) => ({ host, url: `http://${nodeAddress()}:${port}/` }));
  });

  after(async () => {
    await kubectl(['--namespace', NAMESPACE, 'delete', 'service', LOCAL, '--ignore-not-found']);
    await scale(1);
    await deleteNamespace(namespace);
  });

  it(`loses none of ${REQUESTS} requests while a backend is replaced`, async () => {
    await loseNothing({ targets, atLeast: REQUESTS }, async () => {
      await kubectl(['--namespace', namespace, 'rollout', 'restart', 'deployment/web']);
      await rollout('web', namespace);
    });
  });

  for (const replicas of [2, 1]) {
    it(`loses none of ${REQUESTS} requests, and no review, while ${replicas} of ${replicas} controllers are replaced`, async () => {
      await scale(replicas);
      const reviews = await startReviews(namespace);
      await loseNothing({ targets, atLeast: REQUESTS }, async () => {
        await kubectl(['--namespace', NAMESPACE, 'rollout', 'restart', CONTROLLER]);
        await rollout();
        await oldOnesGone(replicas);
      }).finally(reviews.stop);
      const result = await reviews.stop();
      assertNothingLost(result);
      expect(result.sent).to.be.greaterThan(100);
    });
  }

  it('elects another replica when the leader is killed, and status goes on', async () => {
    await scale(2);
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
      const { addresses } = await ingressState('later', namespace);
      return addresses.includes(nodeAddress()) ? true : null;
    });
  });
});

/** The old pods end later than the rollout. */
async function oldOnesGone(replicas: number): Promise<void> {
  await eventually(`${replicas} pods of the controller`, async () =>
    (await controllerPods('all')).length === replicas ? true : null,
  );
}

async function scale(replicas: number): Promise<void> {
  await kubectl(['--namespace', NAMESPACE, 'scale', CONTROLLER, `--replicas=${replicas}`]);
  await rollout();
  await oldOnesGone(replicas);
}
