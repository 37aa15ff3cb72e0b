import { expect } from 'chai';
import { requestHttp } from '../harness/client.ts';
import { makePair } from '../harness/certificates.ts';
import { ingress, ingressClass, tlsSecret } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { freePort } from '../harness/ports.ts';
import type { Program } from '../harness/program.ts';
import { site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

const PREFIX = 'nginx_ingress_controller_';

async function textOf({ ports }: Program): Promise<string> {
  return (await requestHttp({ port: ports.healthz, host: 'localhost', path: '/metrics' })).text;
}

/** Value of the sample whose labels include these; 0 without one. */
async function sample(
  program: Program,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<number> {
  const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
  const line = (await textOf(program))
    .split('\n')
    .find((text) => text.startsWith(`${PREFIX}${name}{`) && wanted.every((part) => text.includes(part)));
  return Number(line?.split(' ').at(-1) ?? 0);
}

describe('metrics of requests', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    stage.write('class.yaml', ingressClass());
    stage.write('a.yaml', ...site('a', { places: [web], path: '/shop' }));
    stage.write('gone.yaml', ...site('gone', { places: [web] }));
    stage.write('alias.yaml', ...site('named', { places: [web], with: { 'server-alias': 'alias.test' } }));
    stage.write('wild.yaml', ...site('wild', { places: [web], host: '*.wild.test' }));
    stage.write(
      'moved.yaml',
      ...site('moved', { places: [web], with: { 'permanent-redirect': 'https://new.test' } }),
    );
    const dead = { address: '127.0.0.1', port: await freePort() };
    stage.write('retried.yaml', ...site('retried', { places: [dead, web] }));
    stage.write(
      'canary.yaml',
      ...site('tried', { places: [web] }),
      ...site('next', {
        host: 'tried.test',
        places: [web],
        with: { canary: true, 'canary-by-header': 'X-Next' },
      }),
    );
    const program = await stage.start({ flags: ['--enable-metrics'] });
    return { program, web };
  });

  const counted = (name: string, labels: Readonly<Record<string, string>>, value: number) =>
    eventually(async () => expect(await sample(the().program, name, labels), name).to.equal(value));

  it('are counted with their labels', async () => {
    const { program } = the();
    for (let time = 0; time < 3; time++) await program.http('a.test', '/shop/cart');
    const labels = {
      host: 'a.test',
      namespace: 'default',
      ingress: 'a',
      service: 'a',
      canary: '',
      path: '/shop',
      method: 'GET',
      status: '200',
      controller_class: 'k8s.io/ingress-nginx',
    };
    await counted('requests', labels, 3);
    for (const name of [
      'request_duration_seconds',
      'connect_duration_seconds',
      'header_duration_seconds',
      'response_duration_seconds',
      'request_size',
      'response_size',
      'bytes_sent',
    ]) {
      await counted(`${name}_count`, labels, 3);
      await counted(`${name}_bucket`, { ...labels, le: '+Inf' }, 3);
    }
    expect(await sample(program, 'response_size_sum', labels)).to.be.above(300);
    expect(await sample(program, 'bytes_sent_bucket', { ...labels, le: '1e+06' })).to.equal(3);
  });

  it('count no time of endpoints where none was asked, or several were', async () => {
    const { program } = the();
    expect((await program.http('moved.test', '/')).status).to.equal(301);
    // Each worker begins with the endpoint that is not there.
    for (let time = 0; time < 4; time++)
      expect((await program.http('retried.test', '/')).status).to.equal(200);
    const [moved, retried] = [
      { host: 'moved.test', status: '301' },
      { host: 'retried.test', status: '200' },
    ];
    await counted('request_duration_seconds_count', moved, 1);
    await counted('request_duration_seconds_count', retried, 4);
    for (const name of ['connect', 'header', 'response']) {
      expect(await sample(program, `${name}_duration_seconds_count`, moved), name).to.equal(0);
      expect(await sample(program, `${name}_duration_seconds_count`, retried), name).to.be.below(4);
    }
    await counted('request_size_count', retried, 4);
  });

  it('name the canary that a request went to, and none for its neighbours', async () => {
    const { program } = the();
    for (const next of ['always', 'never', 'always'])
      await program.http('tried.test', '/', { headers: { 'X-Next': next } });
    await counted('requests', { host: 'tried.test', canary: 'default-next-80' }, 2);
    await counted('requests', { host: 'tried.test', canary: '' }, 1);
  });

  it('name aliases, wildcards as they are written, and live hosts, but no host that nobody names', async () => {
    const { program, stage, web } = the();
    await program.http('alias.test', '/');
    await program.http('x1.wild.test', '/');
    await program.http('nobody.test', '/');
    stage.write('new.yaml', ...site('new', { places: [web] }));
    await eventually(async () => expect((await program.http('new.test', '/')).status).to.equal(200));
    await counted('requests', { host: 'alias.test', ingress: 'named' }, 1);
    await counted('requests', { host: '*.wild.test', ingress: 'wild' }, 1);
    await eventually(async () =>
      expect(await sample(program, 'requests', { host: 'new.test', status: '200' })).to.be.at.least(1),
    );
    expect(await textOf(program)).to.not.include('nobody.test');
  });

  it('lose nothing when workers end', async () => {
    const { program } = the();
    await program.reloadAfter(async () => {
      for (let time = 0; time < 50; time++) await program.http('named.test', '/');
      the().stage.write('more.yaml', ingress('more', { annotations: {}, rules: { 'more.test': 'a' } }));
    });
    await counted('requests', { host: 'named.test', ingress: 'named' }, 50);
  });

  it('end with their Ingress', async () => {
    const { program, stage } = the();
    await program.http('gone.test', '/');
    await counted('requests', { ingress: 'gone' }, 1);
    stage.remove('gone.yaml');
    await eventually(async () => expect(await textOf(program)).to.not.include('ingress="gone"'));
  });

  it('show methods that are none as one', async () => {
    const { program } = the();
    await program.http('a.test', '/shop', { method: 'BREW' }).catch(() => undefined);
    await eventually(async () =>
      expect(await sample(program, 'requests', { host: 'a.test', method: 'OTHER' })).to.equal(1),
    );
  });

  it('tell of nginx itself', async () => {
    const { program } = the();
    const one = (name: string, labels: Readonly<Record<string, string>> = {}) =>
      sample(program, `nginx_process_${name}`, { controller_pod: 'local', ...labels });
    const before = await one('requests_total');
    await program.http('a.test', '/shop');
    expect(await one('requests_total')).to.be.above(before);
    expect(await one('connections_total', { state: 'accepted' })).to.be.above(0);
    expect(await one('connections_total', { state: 'handled' })).to.be.above(0);
    expect(await one('connections', { state: 'active' })).to.be.above(0);
    // The master and at least one worker.
    expect(await one('num_procs')).to.be.above(1);
    expect(await one('resident_memory_bytes')).to.be.above(1e6);
    expect(await one('virtual_memory_bytes')).to.be.above(1e6);
    expect(await one('read_bytes_total')).to.be.above(0);
    expect(await one('write_bytes_total')).to.be.above(0);
    expect(await one('cpu_seconds_total')).to.be.at.least(0);
    const age = Date.now() / 1000 - (await one('oldest_start_time_seconds'));
    expect(age).to.be.within(-5, 3600);
  });

  it('tell of certificates', async () => {
    const { program, stage } = the();
    const pair = await makePair('secure.test');
    stage.write(
      'tls.yaml',
      tlsSecret('pair', pair),
      ingress('secure', {
        rules: { 'secure.test': 'a' },
        tls: [{ hosts: ['secure.test'], secretName: 'pair' }],
      }),
    );
    await eventually(async () =>
      expect(
        await sample(program, 'ssl_certificate_info', {
          host: 'secure.test',
          secret_name: 'pair',
          namespace: 'default',
        }),
      ).to.equal(1),
    );
  });
});
