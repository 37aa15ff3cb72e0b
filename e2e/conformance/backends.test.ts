/** Default backends and load balancing, as the conformance suite of the Ingress API asks for them. */
import { expect } from 'chai';
import { seenByPod } from '../support/ask.ts';
import { reloads } from '../support/controller.ts';
import { eventually, kubectl, namespacesEnded } from '../support/kubectl.ts';
import { settled } from '../support/load.ts';
import { ingressOf, openSite } from './site.ts';
import type { Site } from './site.ts';

const ANYTHING: readonly (readonly [method: string, host: string, path: string])[] = [
  ['GET', 'unknown', '/'],
  ['GET', 'unknown', '/sub/path?query=1'],
  ['GET', 'sub.unknown', '/'],
  ['POST', 'unknown', '/'],
  ['PUT', 'unknown', '/resource'],
  ['PATCH', 'unknown', '/resource'],
  ['DELETE', 'unknown', '/resource'],
];

describe('conformance: backends', () => {
  let site: Site;
  const hostOf = (name: string) => `${name}.${site.namespace}.test`;
  const scale = (replicas: number) =>
    kubectl(['--namespace', site.namespace, 'scale', 'deployment/web', `--replicas=${replicas}`]);

  async function podsThatAnswer(): Promise<ReadonlySet<string>> {
    const pods = new Set<string>();
    for (let request = 0; request < 100; request++) {
      const { status, pod } = await site.ask.http({ host: hostOf('web') });
      expect(status).to.equal(200);
      pods.add(pod);
    }
    return pods;
  }

  const untilPods = (count: number) =>
    eventually(`answers of ${count} pods`, async () => {
      const pods = await podsThatAnswer();
      return pods.size === count ? pods : null;
    });

  before(async () => {
    site = await openSite('backends', ['web', 'fallback']);
    await site.apply(
      ingressOf('web', { rules: [{ host: hostOf('web'), paths: [{ path: '/', to: 'web' }] }] }),
      ingressOf('both', {
        rules: [{ host: hostOf('both'), paths: [{ path: '/web', to: 'web' }] }],
        defaultBackend: 'fallback',
      }),
      ingressOf('lost', { rules: [{ host: hostOf('lost'), paths: [{ path: '/', to: 'missing' }] }] }),
    );
    await site.ask.until({ host: hostOf('web') }, 'web');
    await site.ask.until({ host: hostOf('both'), path: '/web' }, 'web');
  });

  after(async () => {
    // It would answer for every host until its namespace is gone.
    await kubectl(['--namespace', site.namespace, 'delete', 'ingress', 'everything', '--ignore-not-found']);
    await site.close();
  });

  it('what no path matches goes to the default backend of the Ingress', async () => {
    const reply = await site.ask.http({ host: hostOf('both'), path: '/other' });
    expect(reply.service).to.equal('fallback');
  });

  it('a Service that does not exist answers 503', async () => {
    await site.ask.until({ host: hostOf('lost') }, 503);
  });

  it('what no Ingress wants goes to the default backend of the controller, which answers 404', async () => {
    expect((await site.ask.http({ host: hostOf('unknown') })).status).to.equal(404);
  });

  it('an Ingress without rules gets what no other Ingress wants', async () => {
    await site.apply(ingressOf('everything', { defaultBackend: 'fallback' }));
    await site.ask.until({ host: hostOf('unknown'), path: '/any' }, 'fallback');
    expect((await site.ask.http({ host: hostOf('web') })).service).to.equal('web');
    for (const [method, name, path] of ANYTHING) {
      const host = hostOf(name);
      const reply = await site.ask.http({ method, host, path });
      const got = {
        status: reply.status,
        service: reply.service,
        method: seenByPod(reply, 'method'),
        path: seenByPod(reply, 'real path'),
        host: seenByPod(reply, 'host'),
      };
      const wanted = { status: 200, service: 'fallback', method, path: path.replace(/\?.*/, ''), host };
      expect(got, `${method} ${host}${path}`).to.deep.equal(wanted);
      expect(reply.headers).to.include.keys('content-type', 'content-length', 'date');
    }
    await kubectl(['--namespace', site.namespace, 'delete', 'ingress', 'everything']);
    await site.ask.until({ host: hostOf('unknown'), path: '/any' }, 404);
  });

  it('every pod of a Service gets requests, when it grows and when it shrinks, without a reload', async () => {
    await namespacesEnded();
    await settled();
    const before = await reloads();
    await untilPods(1);
    await scale(3);
    await untilPods(3);
    await scale(10);
    const ten = await untilPods(10);
    await scale(1);
    const [left = ''] = await untilPods(1);
    expect(ten).to.include(left);
    expect(await reloads()).to.equal(before);
  });

  it('without any pod a Service answers 503, and serves again with the next', async () => {
    await scale(0);
    await site.ask.until({ host: hostOf('web') }, 503);
    await scale(1);
    await site.ask.until({ host: hostOf('web') }, 'web');
  });
});
