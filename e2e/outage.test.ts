/** Parts of the cluster, and of the controller, die. */
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import {
  NAMESPACE,
  controllerPod,
  eventuallyPage,
  inController,
  nodeAddress,
  nodePort,
  rollout,
  webhookAnswers,
} from './support/controller.ts';
import {
  apply,
  createNamespace,
  deleteNamespace,
  eventually,
  ingressState,
  kubectl,
} from './support/kubectl.ts';
import { loseNothing } from './support/load.ts';
import { echo, ingress } from './support/objects.ts';

const MASTER = 'nginx: master';

describe('outages', () => {
  let namespace: string;
  let host: string;

  before(async () => {
    namespace = await createNamespace('outage');
    host = `web.${namespace}.test`;
    await apply(`${echo('web', 2)}---\n${ingress({ name: 'web', host, service: 'web' })}`, namespace);
    await rollout('web', namespace);
    await eventuallyPage(host, 200);
    await eventually('the status', async () =>
      (await ingressState('web', namespace)).addresses.includes(nodeAddress()) ? true : null,
    );
  });

  after(() => deleteNamespace(namespace));

  it('loses no request while the API server restarts, and serves what comes afterwards', async () => {
    const targets = [{ host, url: `http://${nodeAddress()}:${await nodePort('http')}/` }];
    await loseNothing({ targets, atLeast: 3000 }, async () => {
      await execa(join(process.env['TIDEGATE_CLUSTER'] ?? '', 'program'), ['restart', 'kube-apiserver']);
      await eventually('the API server', async () =>
        (await kubectl(['get', '--raw', '/readyz'])) === 'ok' ? true : null,
      );
    });
    const later = ingress({ name: 'later', host: `later.${namespace}.test`, service: 'web' });
    await eventually('a write', async () => (await apply(later, namespace)) || null);
    await eventuallyPage(`later.${namespace}.test`, 200);
  });

  const harms: readonly {
    readonly what: string;
    readonly harm: () => Promise<unknown>;
    /** Of the container. */
    readonly restarts: number;
  }[] = [
    { what: 'the nginx master', harm: killMaster, restarts: 0 },
    { what: 'the controller process', harm: killController, restarts: 1 },
  ];

  for (const { what, harm, restarts } of harms) {
    it(`comes back by itself when ${what} is killed, and keeps statuses`, async () => {
      const status = await ingressState('web', namespace);
      const pod = await controllerPod();
      await harm();
      await eventually(`${restarts} restarts`, async () =>
        (await controllerPod()).restarts === pod.restarts + restarts ? true : null,
      );
      await eventuallyPage(host, 200);
      await rollout();
      expect(await controllerPod()).to.deep.equal({ name: pod.name, restarts: pod.restarts + restarts });
      await webhookAnswers();
      expect(await ingressState('web', namespace)).to.deep.equal(status);
    });
  }

  it('comes back by itself when its pod is deleted by force, and keeps statuses', async () => {
    const status = await ingressState('web', namespace);
    const { name } = await controllerPod();
    await kubectl(['--namespace', NAMESPACE, 'delete', 'pod', name, '--grace-period=0', '--force']);
    await eventually('another pod', async () => ((await controllerPod()).name === name ? null : true));
    await rollout();
    await eventuallyPage(host, 200);
    await webhookAnswers();
    expect(await ingressState('web', namespace)).to.deep.equal(status);
  });
});

async function killMaster(): Promise<void> {
  const pid = await pidOf(MASTER);
  await inController(`kill -9 ${pid}`);
  await eventually('another nginx master', async () => ((await pidOf(MASTER)) === pid ? null : true));
}

async function killController(): Promise<void> {
  // With its container the shell ends, too.
  await inController(`kill -9 ${await pidOf('nginx-ingress-controller.mjs')}`).catch(() => undefined);
}

/** Of the first process whose command line contains the text. The image has no pgrep. */
async function pidOf(text: string): Promise<string> {
  const list =
    'for each in /proc/[0-9]*; do printf "%s " ${each#/proc/}; tr "\\0" " " < $each/cmdline; echo; done';
  const line = (await inController(list)).split('\n').find((each) => each.includes(text));
  if (line === undefined) throw new Error(`no process "${text}" in the controller's container`);
  return line.slice(0, line.indexOf(' '));
}
