import { expect } from 'chai';
import { Agent } from 'node:http';
import { endpoints, ingress, ingressClass, service } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { freePort } from '../harness/ports.ts';
import { activeWorkersOf } from '../harness/processes.ts';
import { useStage } from '../harness/stage.ts';

describe('services', () => {
  const the = useStage(async (stage) => {
    const one = await stage.backend('one');
    const two = await stage.backend('two');
    const three = await stage.backend('three');
    const six = await stage.backend('six', { address: '::1' });
    const cluster = await stage.backend('cluster', { address: stage.address() });
    const slice = (name: string, ports: readonly object[], more: readonly object[] = []) => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports,
      endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }, ...more],
    });
    const site = (name: string, to: string) => ingress(name, { rules: { [`${name}.test`]: to } });
    const types = { nodeport: 'NodePort', loadbalancer: 'LoadBalancer' };
    stage.write('class.yaml', ingressClass());
    stage.write(
      'ports.yaml',
      service('ports', {
        ports: [
          { name: 'http', port: 80, targetPort: one.port },
          { name: 'admin', port: 81, targetPort: 'admin' },
        ],
      }),
      slice('ports', [
        { name: 'http', port: one.port },
        { name: 'admin', port: two.port },
      ]),
      site('by-number', 'ports:80'),
      site('by-other-number', 'ports:81'),
      site('by-name', 'ports:http'),
      site('by-other-name', 'ports:admin'),
      site('by-target', `ports:${one.port}`),
      site('by-missing-port', 'ports:82'),
    );
    stage.write(
      'kinds.yaml',
      service('headless', { clusterIP: 'None', ports: [{ port: 80 }] }),
      slice('headless', [{ name: '', port: one.port }]),
      site('headless', 'headless'),
      service('six'),
      ...endpoints('six', [six]).map((made) => ({ ...made, addressType: 'IPv6' })),
      site('six', 'six'),
      ...Object.entries(types).flatMap(([name, type]) => [
        service(name, { type, ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30_080 }] }),
        ...endpoints(name, [one]),
        site(name, name),
      ]),
      service('old'),
      {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: { name: 'old', namespace: 'default' },
        subsets: [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ name: 'http', port: two.port }] }],
      },
      site('old', 'old'),
      service('upstream', { clusterIP: cluster.address, ports: [{ name: 'http', port: cluster.port }] }),
      ...endpoints('upstream', [one]),
      ingress('upstream', {
        rules: { 'upstream.test': `upstream:${cluster.port}` },
        annotations: { 'nginx.ingress.kubernetes.io/service-upstream': 'true' },
      }),
    );
    stage.write(
      'bad.yaml',
      service('empty'),
      ...endpoints('empty', []),
      site('empty', 'empty'),
      site('missing', 'missing'),
      service('unready'),
      {
        ...slice('unready', [{ name: 'http', port: one.port }]),
        endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: false } }],
      },
      site('unready', 'unready'),
      service('linklocal'),
      ...endpoints('linklocal', [{ address: '169.254.169.254', port: 80 }]),
      site('linklocal', 'linklocal'),
    );
    stage.write(
      'three.yaml',
      service('three'),
      ...endpoints('three', [one, two, three]),
      site('three', 'three'),
    );
    const dead = { address: '127.0.0.1', port: await freePort() };
    stage.write(
      'partly.yaml',
      service('partly'),
      ...endpoints('partly', [one, dead]),
      site('partly', 'partly'),
    );
    stage.write('dead.yaml', service('dead'), ...endpoints('dead', [dead]), site('dead', 'dead'));
    return { one, two, three, program: await stage.start({ flags: ['--sync-rate-limit=20'] }) };
  });

  const served: readonly (readonly [host: string, wanted: string | number])[] = [
    ['by-number', 'one'],
    ['by-other-number', 'two'],
    ['by-name', 'one'],
    ['by-other-name', 'two'],
    ['by-target', 'one'],
    ['headless', 'one'],
    ['nodeport', 'one'],
    ['loadbalancer', 'one'],
    ['old', 'two'],
    ['upstream', 'cluster'],
    ['six', 'six'],
    ['by-missing-port', 503],
    ['empty', 503],
    ['missing', 503],
    ['unready', 503],
    ['linklocal', 503],
    ['dead', 502],
  ];
  for (const [host, wanted] of served) {
    it(`${host} gets ${wanted}`, async () => {
      const answer = await the().program.http(`${host}.test`, '/');
      if (typeof wanted === 'number') expect(answer.status).to.equal(wanted);
      else expect(answer.echo().backend).to.equal(wanted);
    });
  }

  it('says why a Service gets 503', async () => {
    const { program } = the();
    for (const word of ['default/missing', 'default/ports', 'default/linklocal']) {
      expect(await program.logged(new RegExp(`service="${word}"`))).to.match(/^W\d{4}/);
    }
  });

  it('endpoints take turns exactly, over one connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const counts = await countBackends(30, agent);
    agent.destroy();
    expect(counts).to.deep.equal({ one: 10, two: 10, three: 10 });
  });

  it('endpoints take turns in each worker, over fresh connections', async () => {
    const workers = activeWorkersOf(the().program.master()).length;
    const counts = await countBackends(90);
    // In each worker the counts differ by one at most.
    for (const name of ['one', 'two', 'three']) expect(counts[name]).to.be.within(30 - workers, 30 + workers);
  });

  it('a connection that is refused moves the request to the next endpoint, bodies included', async () => {
    const { program } = the();
    for (let request = 0; request < 50; request++) {
      const options = request % 2 === 0 ? {} : { method: 'POST', body: 'some text' };
      const echo = (await program.http('partly.test', '/', options)).echo();
      expect(echo).to.include({ backend: 'one', bodyLength: request % 2 === 0 ? 0 : 9 });
    }
  });

  it('connections to endpoints are used again', async () => {
    const { program, two, stage } = the();
    await program.reloadAfter(() =>
      stage.write(
        'kept.yaml',
        service('kept'),
        ...endpoints('kept', [two]),
        ingress('kept', { rules: { 'kept.test': 'kept' } }),
      ),
    );
    const before = two.connections();
    for (let request = 0; request < 100; request++) await program.http('kept.test', '/');
    expect(two.connections() - before).to.be.at.most(activeWorkersOf(program.master()).length);
  });

  it('an endpoint that is gone gets nothing, even over connections that are open to it', async () => {
    const { program, stage, one, two } = the();
    await program.http('kept.test', '/');
    stage.write(
      'kept.yaml',
      service('kept'),
      ...endpoints('kept', [one]),
      ingress('kept', { rules: { 'kept.test': 'kept' } }),
    );
    await eventually(async () =>
      expect((await program.http('kept.test', '/')).echo().backend).to.equal('one'),
    );
    const before = two.requests();
    for (let request = 0; request < 20; request++) {
      expect((await program.http('kept.test', '/')).echo().backend).to.equal('one');
    }
    expect(two.requests()).to.equal(before);
  });

  async function countBackends(requests: number, agent?: Agent): Promise<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = {};
    for (let request = 0; request < requests; request++) {
      const answer = await the().program.http('three.test', '/', agent === undefined ? {} : { agent });
      const { backend } = answer.echo();
      counts[backend] = (counts[backend] ?? 0) + 1;
    }
    return counts;
  }
});
