import { expect } from 'chai';
import { apply } from '../harness/cluster.ts';
import { ingress, ingressClass, service } from '../harness/objects.ts';
import type { Place } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { useStage } from '../harness/stage.ts';

const NEAR = { metadata: { annotations: { 'service.kubernetes.io/topology-mode': 'Auto' } } };

/** One slice with an endpoint in each zone. */
function slice(places: Readonly<Record<string, Place>>) {
  const [port] = Object.values(places).map((place) => place.port);
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice' as const,
    metadata: { name: 'web-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port, protocol: 'TCP' }],
    endpoints: Object.entries(places).map(([zone, { address }]) => ({
      addresses: [address],
      conditions: { ready: true },
      hints: { forZones: [{ name: zone }] },
    })),
  };
}

describe('topology-aware routing', () => {
  const the = useStage(async (stage) => {
    const here = await stage.backend('here', { address: stage.address() });
    const there = await stage.backend('there', { address: stage.address(), port: here.port });
    const api = await stage.api();
    const web = service('web');
    apply(
      api,
      { kind: 'Node', metadata: { name: 'one', labels: { 'topology.kubernetes.io/zone': 'a' } } },
      {
        kind: 'Pod',
        metadata: { name: 'controller', namespace: 'default', labels: { app: 'tidegate' } },
        spec: { nodeName: 'one' },
      } as Parameters<typeof apply>[1],
      ingressClass(),
      { ...web, metadata: { ...web.metadata, ...NEAR.metadata } },
      slice({ a: here, b: there }),
      ingress('web', { rules: { 'web.test': 'web' } }),
    );
    const program = await stage.start({
      api,
      flags: ['--enable-topology-aware-routing', '--sync-rate-limit=20'],
      env: { POD_NAME: 'controller', POD_NAMESPACE: 'default' },
    });
    return { api, here, there, program };
  });

  async function used(): Promise<readonly string[]> {
    const names = new Set<string>();
    for (let request = 0; request < 12; request++)
      names.add((await the().program.http('web.test', '/')).echo().backend);
    return [...names].sort();
  }

  it('uses the endpoints in the zone of the own node', async () => {
    expect(await used()).to.deep.equal(['here']);
  });

  it('goes with the hints, and uses all endpoints when the Service does not ask for it, without a reload', async () => {
    const { api, here, there, program } = the();
    const before = program.reloads();
    apply(api, slice({ b: here, a: there }));
    await eventually(async () => expect(await used()).to.deep.equal(['there']));
    apply(api, service('web'));
    await eventually(async () => expect(await used()).to.deep.equal(['here', 'there']));
    expect(program.reloads()).to.equal(before);
  });
});
