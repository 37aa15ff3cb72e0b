/** The way of an install: gone, back when Ingresses exist already, replaced. */
import { expect } from 'chai';
import {
  CONTROLLER,
  NAMESPACE,
  eventuallyPage,
  install,
  leftovers,
  nodeAddress,
  rollout,
  uninstall,
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
import type { IngressState } from './support/kubectl.ts';
import { echo, ingress } from './support/objects.ts';

const NAMES = ['empty', 'right', 'stale'] as const;
/** Of TEST-NET-3: whoever had it has left. */
const STALE = '203.0.113.9';

describe('installs', () => {
  let namespace: string;
  const own = (name: string) => ingress({ name, host: hostOf(name), service: 'web' });
  const hostOf = (name: string) => `${name}.${namespace}.test`;
  const states = () => Promise.all(NAMES.map((name) => ingressState(name, namespace)));

  before(async () => {
    namespace = await createNamespace('upgrade');
    await apply([echo('web', 1), ...NAMES.map(own)].join('\n---\n'), namespace);
    await rollout('web', namespace);
    await served();
  });

  after(() => deleteNamespace(namespace));

  it('clear the statuses when their last controller goes', async () => {
    await kubectl(['--namespace', NAMESPACE, 'delete', CONTROLLER]);
    await eventually('statuses without an address', async () =>
      (await states()).every(({ addresses }) => addresses.length === 0) ? true : null,
    );
  });

  it('serve again when the manifest is applied again, and fill the statuses', async () => {
    await install();
    await served();
  });

  it('keep statuses while the controller is replaced', async () => {
    const before = await states();
    await kubectl(['--namespace', NAMESPACE, 'rollout', 'restart', CONTROLLER]);
    await rollout();
    await webhookAnswers();
    await served();
    expect(await states()).to.deep.equal(before);
  });

  it('leave nothing behind when the manifest is deleted', async () => {
    await uninstall();
    expect(await leftovers()).to.deep.equal([]);
  });

  it('serve Ingresses that were there before them, and put their statuses right', async () => {
    await Promise.all([
      setStatus('empty', []),
      setStatus('right', [nodeAddress()]),
      setStatus('stale', [STALE]),
    ]);
    await apply(own('fresh'), namespace);
    const right = await ingressState('right', namespace);
    await install();
    await served([...NAMES, 'fresh']);
    expect(await ingressState('right', namespace)).to.deep.equal(right);
  });

  async function served(names: readonly string[] = NAMES): Promise<void> {
    for (const name of names) {
      await eventuallyPage(hostOf(name), 200);
      await eventually(`the status of ${name}`, async () => filled(await ingressState(name, namespace)));
    }
  }

  async function setStatus(name: string, addresses: readonly string[]): Promise<void> {
    const status = { loadBalancer: { ingress: addresses.map((ip) => ({ ip })) } };
    const patch = ['--type=merge', '--patch', JSON.stringify({ status })];
    await kubectl(['--namespace', namespace, 'patch', 'ingress', name, '--subresource=status', ...patch]);
  }
});

function filled({ addresses }: IngressState): true | null {
  return addresses.length === 1 && addresses[0] === nodeAddress() ? true : null;
}
