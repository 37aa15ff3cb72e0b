/** The usual bare-metal tutorial, step by step. */
import { expect } from 'chai';
import { get, eventuallyPage } from './support/controller.ts';
import { apply, createNamespace, deleteNamespace, eventually, json, kubectl } from './support/kubectl.ts';
import { echo, ingress } from './support/objects.ts';

interface Lines {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: { readonly phase?: string };
  }[];
}

describe('tutorial', () => {
  let namespace: string;

  before(async () => {
    namespace = await createNamespace('tutorial');
    await apply(
      echo('service') +
        '---' +
        ingress({ name: 'ingress-ingress', host: 'www.test.com', service: 'service' }),
      namespace,
    );
    await kubectl(['--namespace', namespace, 'rollout', 'status', 'deployment/service', '--timeout=60s']);
  });

  after(() => deleteNamespace(namespace));

  it('installs what tutorials show', async () => {
    const pods = await json<Lines>(['--namespace', 'ingress-nginx', 'get', 'pods']);
    const shown = pods.items.map(
      ({ metadata, status }) =>
        `${metadata.name.replace(/(?:-[a-z0-9]{8,10})?-[a-z0-9]{5}$/, '')} ${status.phase}`,
    );
    expect(shown.sort()).to.deep.equal([
      'ingress-nginx-admission-create Succeeded',
      'ingress-nginx-admission-patch Succeeded',
      'ingress-nginx-controller Running',
    ]);
    const services = await kubectl(['--namespace', 'ingress-nginx', 'get', 'services']);
    expect(services).to.match(/ingress-nginx-controller +NodePort .* 80:\d+\/TCP,443:\d+\/TCP/);
    expect(services).to.match(/ingress-nginx-controller-admission +ClusterIP .* 443\/TCP/);
    expect(await kubectl(['get', 'ingressclass', 'nginx'])).to.match(/nginx +k8s.io\/ingress-nginx/);
  });

  it('serves the page under its host name on the node port', async () => {
    const page = await eventuallyPage('www.test.com', 200);
    expect(page.body).to.match(/^Hostname: service-/);
    expect((await get('other.test.com')).status).to.equal(404);
  });

  it('shows class, host, address and port', async () => {
    const line = await eventually('an address in the status', async () => {
      const text = await kubectl([
        '--namespace',
        namespace,
        'get',
        'ingress',
        'ingress-ingress',
        '--no-headers',
      ]);
      return text.includes(process.env['NODE_IP'] ?? 'none') ? text : null;
    });
    expect(line.trim().split(/\s+/).slice(0, 5)).to.deep.equal([
      'ingress-ingress',
      'nginx',
      'www.test.com',
      process.env['NODE_IP'],
      '80',
    ]);
  });

  it('tells the owner by an Event', async () => {
    const events = await eventually('an Event', async () => {
      const text = await kubectl([
        '--namespace',
        namespace,
        'get',
        'events',
        '--field-selector',
        'involvedObject.kind=Ingress',
      ]);
      return text.includes('Scheduled for sync') ? text : null;
    });
    expect(events).to.match(/Normal +Sync +ingress\/ingress-ingress/);
  });

  it('follows the Service to no pods and back', async () => {
    await kubectl(['--namespace', namespace, 'scale', 'deployment/service', '--replicas=0']);
    await eventuallyPage('www.test.com', 503);
    await kubectl(['--namespace', namespace, 'scale', 'deployment/service', '--replicas=1']);
    await eventuallyPage('www.test.com', 200);
  });
});
