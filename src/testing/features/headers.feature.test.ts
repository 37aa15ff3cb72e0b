import { expect } from 'chai';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDns } from '../harness/dns.ts';
import { ingressClass } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { site } from '../harness/sites.ts';
import type { SiteSpec } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';

type Short = NonNullable<SiteSpec['with']>;
type Data = Readonly<Record<string, string>>;

function configMap(name: string, data: Data, namespace = 'default') {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
}

/** Lets everybody in; keeps what it was asked, and over how many connections. */
async function startAuth(stage: Stage, address: string) {
  const asked: IncomingMessage[] = [];
  const connections = new Set<Socket>();
  const server = createServer((request, response) => {
    asked.push(request);
    const status = request.headers['x-user'] === 'nobody' ? 401 : 200;
    // nginx reads no body of such an answer, so that a connection is kept only after one that has none.
    response.writeHead(status, { 'content-length': 0 }).end();
  });
  server.on('connection', (socket) => connections.add(socket));
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  stage.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, connections, port: (server.address() as AddressInfo).port };
}

const typedCors = 'set Access-Control-Max-Age: 7\nremove Access-Control-Allow-Methods';

const controller = {
  'global-allowed-response-headers': 'X-One,X-Two,My-Custom-Header,Cache-Control, bad name',
};

describe('headers of ConfigMaps', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web', { headers: { 'cache-control': 'no-store', 'x-two': 'backend' } });
    const maps: Readonly<Record<string, Data>> = {
      good: { 'My-Custom-Header': '42', 'X-One': 'a; "b" $host {c}' },
      replacing: { 'Cache-Control': 'public', 'X-Two': 'ours' },
      'not-allowed': { 'X-Other': '1' },
      'other-case': { 'x-one': '1' },
      broken: { 'X-One': 'a\nX-Evil: b' },
      empty: {},
    };
    const sites: Readonly<Record<string, Short>> = {
      good: { 'custom-headers': 'default/good' },
      replacing: { 'custom-headers': 'default/replacing' },
      'not-allowed': { 'custom-headers': 'default/not-allowed' },
      'other-case': { 'custom-headers': 'default/other-case' },
      broken: { 'custom-headers': 'default/broken' },
      empty: { 'custom-headers': 'default/empty' },
      missing: { 'custom-headers': 'default/missing' },
      bare: { 'custom-headers': 'good' },
      foreign: { 'custom-headers': 'other/good' },
      nonsense: { 'custom-headers': 'default/good; x' },
      plain: {},
      typed: {
        'custom-headers': 'default/good',
        'response-headers': 'set X-One: typed\nremove My-Custom-Header\nset X-Two: typed',
      },
      'typed-cors': { 'enable-cors': true, 'response-headers': typedCors },
      'typed-origins': {
        'enable-cors': true,
        'cors-allow-origin': 'https://a.test',
        'response-headers': typedCors,
      },
    };
    stage.write('class.yaml', ingressClass(), configMap('settings', controller));
    for (const [name, data] of Object.entries(maps)) stage.write(`map-${name}.yaml`, configMap(name, data));
    stage.write('map-foreign.yaml', configMap('good', { 'X-One': 'foreign' }, 'other'));
    for (const [name, short] of Object.entries(sites))
      stage.write(`${name}.yaml`, ...site(name, { places: [web], with: short }));
    const program = await stage.start({ flags: ['--configmap=default/settings', '--sync-rate-limit=20'] });
    return { web, program };
  });

  const ask = (host: string, path = '/') => the().program.http(`${host}.test`, path);

  it('are added to all answers of the Ingress, with errors too', async () => {
    for (const [path, status] of [
      ['/', 200],
      ['/?status=404', 404],
      ['/?status=500', 500],
    ] as const) {
      const answer = await ask('good', path);
      expect(answer.status).to.equal(status);
      expect(answer.headers).to.include({ 'my-custom-header': '42', 'x-one': 'a; "b" $host {c}' });
    }
    expect((await ask('plain')).headers).to.not.include.keys('my-custom-header', 'x-one');
  });

  it('replace those of endpoints', async () =>
    expect((await ask('replacing')).headers).to.include({ 'cache-control': 'public', 'x-two': 'ours' }));

  it('give way to response-headers of the Ingress', async () => {
    const { headers } = await ask('typed');
    expect(headers).to.include({ 'x-one': 'typed', 'x-two': 'typed' });
    expect(headers).to.not.have.property('my-custom-header');
  });

  for (const host of ['typed-cors', 'typed-origins'])
    it(`${host}: so do those of CORS`, async () => {
      const { headers } = await the().program.http(`${host}.test`, '/', {
        headers: { origin: 'https://a.test' },
      });
      expect(headers).to.include.keys('access-control-allow-origin', 'access-control-allow-headers');
      expect(headers['access-control-max-age']).to.equal('7');
      expect(headers).to.not.have.property('access-control-allow-methods');
    });

  it('may be those of any namespace', async () =>
    expect((await ask('foreign')).headers['x-one']).to.equal('foreign'));

  it('may be none', async () => expect((await ask('empty')).status).to.equal(200));

  it('have no effect when the annotation is nonsense', async () => {
    const answer = await ask('nonsense');
    expect([answer.status, answer.headers['my-custom-header']]).to.deep.equal([200, undefined]);
  });

  for (const host of ['not-allowed', 'other-case', 'broken', 'missing', 'bare']) {
    it(`close the Ingress when they cannot be used: ${host}`, async () => {
      const answer = await ask(host);
      expect([answer.status, answer.headers['x-evil']]).to.deep.equal([503, undefined]);
    });
  }

  it('stand in the file as scripts look for them', async () =>
    expect(await the().program.nginxConf()).to.include('more_set_headers "My-Custom-Header: 42";'));

  it('follow the ConfigMap: one that comes, changes, and goes', async () => {
    const { stage } = the();
    const expectAnswer = (...wanted: readonly unknown[]) =>
      eventually(async () => {
        const answer = await ask('missing');
        expect([answer.status, answer.headers['x-one']]).to.deep.equal(wanted);
      });
    stage.write('map-missing.yaml', configMap('missing', { 'X-One': '1' }));
    await expectAnswer(200, '1');
    stage.write('map-missing.yaml', configMap('missing', { 'X-One': '2' }));
    await expectAnswer(200, '2');
    stage.remove('map-missing.yaml');
    await expectAnswer(503, undefined);
  });

  it('follow the list of those that are allowed', async () => {
    const { stage } = the();
    const allow = (names: string) =>
      stage.write(
        'class.yaml',
        ingressClass(),
        configMap('settings', { 'global-allowed-response-headers': names }),
      );
    allow(`${controller['global-allowed-response-headers']},X-Other`);
    await eventually(async () => expect((await ask('not-allowed')).headers['x-other']).to.equal('1'));
    allow(controller['global-allowed-response-headers']);
    await eventually(async () => expect((await ask('not-allowed')).status).to.equal(503));
  });
});

describe('headers for all hosts', () => {
  const data = { 'add-headers': 'default/added', 'proxy-set-headers': 'default/passed' };
  const added = { 'X-First': 'Prepare for trouble!', 'X-Second': 'And make it double!', 'X-Bad': 'a\nb' };
  const passed = {
    'X-Request-Start': 't=${msec}',
    'X-Different-Name': 'true',
    'X-Asked': '$host',
    'X-Bad': '$x',
  };
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    stage.write('class.yaml', ingressClass(), configMap('settings', data));
    stage.write('added.yaml', configMap('added', added));
    stage.write('passed.yaml', configMap('passed', passed));
    stage.write('plain.yaml', ...site('plain', { places: [web] }));
    stage.write('own.yaml', ...site('own', { places: [web], with: { 'upstream-vhost': 'inner.test' } }));
    const program = await stage.start({ flags: ['--configmap=default/settings', '--sync-rate-limit=20'] });
    return { web, program };
  });

  const ask = (host: string) => the().program.http(`${host}.test`, '/');

  for (const host of ['plain', 'own']) {
    it(`reach clients and endpoints of a host ${host === 'own' ? 'with headers of its own' : 'as most are'}`, async () => {
      const answer = await ask(host);
      expect(answer.headers).to.include({
        'x-first': 'Prepare for trouble!',
        'x-second': 'And make it double!',
      });
      const { headers } = answer.echo();
      expect(headers).to.include({ 'x-different-name': 'true', 'x-asked': `${host}.test` });
      expect(headers['x-request-start']).to.match(/^t=\d+\.\d{3}$/);
      expect(headers).to.not.have.property('x-bad');
      expect(answer.headers).to.not.have.property('x-bad');
    });
  }

  it('stand in the file as scripts look for them', async () => {
    const conf = await the().program.nginxConf();
    expect(conf).to.include('more_set_headers "X-First: Prepare for trouble!";');
    expect(conf).to.include('more_set_headers "X-Second: And make it double!";');
  });

  it('tell of what is left out', async () => {
    const line = await the().program.logged(/default\/passed.*X-Bad/);
    expect(line).to.include('$x');
  });

  it('follow their ConfigMaps, for hosts that come later, too', async () => {
    const { stage, web } = the();
    stage.write('added.yaml', configMap('added', { 'X-First': 'changed' }));
    stage.write('later.yaml', ...site('later', { places: [web] }));
    await eventually(async () => {
      for (const host of ['plain', 'own', 'later']) {
        const { headers } = await ask(host);
        expect([headers['x-first'], headers['x-second']]).to.deep.equal(['changed', undefined]);
      }
    });
    stage.remove('added.yaml');
    await eventually(async () => expect((await ask('plain')).headers).to.not.have.property('x-first'));
  });
});

describe('headers and connections of authentication services', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const dns = await startDns(stage.address());
    stage.defer(dns.close);
    const address = stage.address();
    dns.set('auth.example', { type: 'A', value: address });
    const resolv = join(stage.folder, 'resolv.conf');
    writeFileSync(resolv, `nameserver ${dns.address}\n`);
    const auths = {
      plain: await startAuth(stage, '127.0.0.1'),
      kept: await startAuth(stage, '127.0.0.1'),
      named: await startAuth(stage, address),
      short: await startAuth(stage, '127.0.0.1'),
    };
    const url = ({ port }: { readonly port: number }) => `http://127.0.0.1:${port}/verify?uri=$request_uri`;
    const sites: Readonly<Record<string, Short>> = {
      headers: { 'auth-url': url(auths.plain), 'auth-proxy-set-headers': 'default/headers' },
      refusing: { 'auth-url': url(auths.plain), 'auth-proxy-set-headers': 'default/nobody' },
      missing: { 'auth-url': url(auths.plain), 'auth-proxy-set-headers': 'default/missing' },
      bare: { 'auth-url': url(auths.plain), 'auth-proxy-set-headers': 'headers' },
      foreign: { 'auth-url': url(auths.plain), 'auth-proxy-set-headers': 'other/headers' },
      wrong: { 'auth-url': url(auths.plain), 'auth-proxy-set-headers': 'default/wrong' },
      without: { 'auth-proxy-set-headers': 'default/missing' },
      kept: { 'auth-url': url(auths.kept), 'auth-keepalive': 4, 'auth-keepalive-share-vars': true },
      named: {
        'auth-url': `http://auth.example:${auths.named.port}/verify`,
        'auth-keepalive': 4,
      },
      short: { 'auth-url': url(auths.short), 'auth-keepalive': 4, 'auth-keepalive-requests': 1 },
      off: { 'auth-url': url(auths.plain), 'auth-keepalive': 4, 'auth-keepalive-timeout': 0 },
    };
    stage.write(
      'class.yaml',
      ingressClass(),
      configMap('headers', { 'X-Token': 'abc', 'X-Path': '$request_uri' }),
    );
    stage.write('nobody.yaml', configMap('nobody', { 'X-User': 'nobody' }));
    stage.write('wrong.yaml', configMap('wrong', { 'X Y': 'a' }));
    stage.write('foreign.yaml', configMap('headers', { 'X-Token': 'foreign' }, 'other'));
    for (const [name, short] of Object.entries(sites))
      stage.write(`${name}.yaml`, ...site(name, { places: [web], with: short }));
    const program = await stage.start({ env: { TIDEGATE_RESOLV_CONF: resolv } });
    return { auths, program };
  });

  const ask = (host: string, path = '/') => the().program.http(`${host}.test`, path);

  it('are sent as the ConfigMap has them', async () => {
    const { asked } = the().auths.plain;
    expect((await ask('headers', '/a?b')).status).to.equal(200);
    expect(asked.at(-1)?.headers).to.include({ 'x-token': 'abc', 'x-path': '/a?b' });
    expect((await ask('refusing')).status).to.equal(401);
  });

  for (const host of ['missing', 'bare', 'foreign', 'wrong']) {
    it(`close the Ingress when they cannot be used: ${host}`, async () =>
      expect((await ask(host)).status).to.equal(503));
  }

  it('are not looked at without a service', async () => expect((await ask('without')).status).to.equal(200));

  for (const name of ['kept', 'named'] as const) {
    it(`connections are kept where that is asked for (${name})`, async () => {
      const { asked, connections } = the().auths[name];
      for (let request = 0; request < 20; request++) expect((await ask(name, '/x')).status).to.equal(200);
      expect(asked.length).to.equal(20);
      // One for each worker at most.
      expect(connections.size).to.be.at.most(4);
      expect(asked.at(-1)?.headers).to.include({ 'x-original-method': 'GET' });
      expect(asked.at(-1)?.headers.host).to.equal(name === 'named' ? 'auth.example' : '127.0.0.1');
      expect(asked.at(-1)?.url).to.equal(name === 'named' ? '/verify' : '/verify?uri=/x');
    });
  }

  it('connections are not kept beyond what is asked for', async () => {
    const { asked, connections } = the().auths.short;
    for (let request = 0; request < 6; request++) expect((await ask('short')).status).to.equal(200);
    expect([asked.length, connections.size]).to.deep.equal([6, 6]);
    expect((await ask('off')).status).to.equal(200);
  });

  it('bodies of requests are not sent, and requests in between are answered', async () => {
    const body = 'x'.repeat(100_000);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => the().program.http('kept.test', '/', { method: 'POST', body })),
    );
    expect(answers.map((answer) => [answer.status, answer.echo().bodyLength])).to.deep.equal(
      answers.map(() => [200, 100_000]),
    );
  });
});
