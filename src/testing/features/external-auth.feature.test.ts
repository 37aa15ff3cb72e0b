import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { makePair } from '../harness/certificates.ts';
import { startDns } from '../harness/dns.ts';
import { ingressClass } from '../harness/objects.ts';
import { site } from '../harness/sites.ts';
import type { annotations } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';

type Short = Parameters<typeof annotations>[0];

/** Lets those in whose header says so; the header X-Status asks for a status. */
async function startService(stage: Stage, address = '127.0.0.1') {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    const status = Number(
      request.headers['x-status'] ?? (request.headers['authorization'] === 'good' ? 200 : 401),
    );
    // nginx keeps no answer with a cookie.
    const cookie = request.url?.includes('no-cookie') === true ? {} : { 'set-cookie': 'session=1' };
    const headers = { ...cookie, 'x-user': 'anna', 'x-email': 'anna@a.test' };
    response.writeHead(status, headers).end();
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  stage.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, port: (server.address() as AddressInfo).port };
}

/** At an address that is not this machine's own, as far as anybody can tell. */
async function startElsewhere(stage: Stage) {
  const address = stage.address();
  const { asked, port } = await startService(stage, address);
  return { asked, url: `http://${address}:${port}` };
}

/** Over TLS; keeps the names that it is asked for. */
async function startTlsService(stage: Stage) {
  const names: unknown[] = [];
  const { certificate, key } = await makePair('secure.example');
  const server = createTlsServer({ cert: certificate, key }, (request, response) => {
    names.push((request.socket as TLSSocket).servername);
    response.end();
  });
  const address = stage.address();
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  stage.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return { names, address, port: (server.address() as AddressInfo).port };
}

describe('external authentication', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const auth = await startService(stage);
    const dns = await startDns(stage.address());
    stage.defer(dns.close);
    const { url: reachable, asked: askedByName } = await startElsewhere(stage);
    dns.set('auth.example', { type: 'A', value: new URL(reachable).hostname });
    const secure = await startTlsService(stage);
    dns.set('secure.example', { type: 'A', value: secure.address });
    dns.set('local.example', { type: 'A', value: '127.0.0.1' });
    dns.set('metadata.example', { type: 'A', value: '169.254.169.254' });
    const resolv = join(stage.folder, 'resolv.conf');
    writeFileSync(resolv, `nameserver ${dns.address}\n`);
    const url = `http://127.0.0.1:${auth.port}/verify`;
    const sites: Readonly<Record<string, Short>> = {
      plain: { 'auth-url': url },
      named: { 'auth-url': `http://auth.example:${new URL(reachable).port}/verify?by=name` },
      'named-local': { 'auth-url': `http://local.example:${auth.port}/verify` },
      'named-metadata': { 'auth-url': 'http://metadata.example/latest' },
      secure: { 'auth-url': `https://secure.example:${secure.port}/verify` },
      unknown: { 'auth-url': 'http://nobody.example/verify' },
      'by-host': { 'auth-url': `http://$host:${new URL(reachable).port}/verify` },
      variable: { 'auth-url': `http://127.0.0.1:${auth.port}/verify?path=$request_uri` },
      pathless: { 'auth-url': `http://127.0.0.1:${auth.port}` },
      method: { 'auth-url': url, 'auth-method': 'POST' },
      headers: { 'auth-url': url, 'auth-response-headers': 'X-User, X-Email' },
      signin: { 'auth-url': url, 'auth-signin': 'https://login.test/start' },
      param: {
        'auth-url': url,
        'auth-signin': 'https://login.test/?a=b',
        'auth-signin-redirect-param': 'back',
      },
      own: { 'auth-url': url, 'auth-signin': 'https://login.test/?rd=https://$host/home' },
      cookies: { 'auth-url': url, 'auth-always-set-cookie': true },
      cached: {
        'auth-url': `${url}?no-cookie`,
        'auth-cache-key': '$http_authorization',
        'auth-cache-duration': '200 1m',
      },
      redirect: { 'auth-url': url, 'auth-request-redirect': '/elsewhere' },
      wrong: { 'auth-url': 'auth.example' },
      foreign: { 'auth-url': 'http://$nobody/verify' },
      down: { 'auth-url': 'http://127.0.0.1:1/verify' },
      any: { 'auth-url': url, satisfy: 'any', 'allowlist-source-range': '127.0.0.1' },
      both: { 'auth-url': url, satisfy: 'all', 'allowlist-source-range': '127.0.0.1' },
      open: {},
      exempt: { 'enable-global-auth': false },
    };
    stage.write('class.yaml', ingressClass());
    for (const [name, short] of Object.entries(sites))
      stage.write(`${name}.yaml`, ...site(name, { places: [web], with: short }));
    stage.write(
      'acme.yaml',
      ...site('acme', { places: [web], path: '/.well-known/acme-challenge/x', with: { 'auth-url': url } }),
    );
    stage.write('settings.yaml', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: 'default' },
      data: { 'global-auth-url': `${url}-global`, 'global-auth-response-headers': 'X-User' },
    });
    const program = await stage.start({
      flags: ['--configmap=default/settings', '--sync-rate-limit=20'],
      env: { TIDEGATE_RESOLV_CONF: resolv },
    });
    return { auth, askedByName, dns, reachable, secure, program };
  });

  const good = { authorization: 'good' };
  const rows: readonly (readonly [
    host: string,
    headers: Readonly<Record<string, string>>,
    status: number,
  ])[] = [
    ['plain', good, 200],
    ['plain', {}, 401],
    ['plain', { 'x-status': '204' }, 200],
    ['plain', { 'x-status': '403' }, 403],
    ['plain', { 'x-status': '404' }, 500],
    ['plain', { 'x-status': '302' }, 500],
    ['named', good, 200],
    ['named', {}, 401],
    ['pathless', good, 200],
    ['wrong', good, 503],
    ['foreign', good, 503],
    ['down', good, 500],
    ['any', {}, 200],
    ['both', {}, 401],
    ['both', good, 200],
    ['open', {}, 401],
    ['open', good, 200],
    ['exempt', {}, 200],
  ];
  for (const [host, headers, status] of rows) {
    it(`${host} ${JSON.stringify(headers)} gets ${status}`, async () => {
      expect((await the().program.http(`${host}.test`, '/', { headers })).status).to.equal(status);
    });
  }

  it('the ACME path needs no permission', async () => {
    const answer = await the().program.http('acme.test', '/.well-known/acme-challenge/x');
    expect(answer.status).to.equal(200);
  });

  async function question(host: string, path = '/a?b=c', method = 'GET') {
    const { auth, program } = the();
    const before = auth.asked.length;
    const answer = await program.http(host, path, {
      method,
      headers: good,
      ...(method === 'POST' ? { body: 'text' } : {}),
    });
    return { answer, asked: auth.asked.slice(before), last: auth.asked.at(-1) };
  }

  it('the service is told what is asked for, and gets no body', async () => {
    const { answer, last } = await question('plain.test', '/a?b=c', 'POST');
    expect(answer.echo()).to.include({ method: 'POST', bodyLength: 4 });
    expect([last?.method, last?.url]).to.deep.equal(['GET', '/verify']);
    expect(last?.headers).to.include({
      host: '127.0.0.1',
      authorization: 'good',
      'x-original-url': 'http://plain.test/a?b=c',
      'x-original-method': 'POST',
      'x-sent-from': 'nginx-ingress-controller',
      'x-real-ip': '127.0.0.1',
      'x-forwarded-for': '127.0.0.1',
      'x-auth-request-redirect': '/a?b=c',
    });
    expect(last?.headers).to.not.have.any.keys('content-length', 'x-forwarded-proto', 'x-scheme');
    expect(last?.headers['x-request-id']).to.match(/^[0-9a-f]{32}$/);
  });

  it('a method may be asked for', async () => {
    const { last } = await question('method.test');
    expect(last?.method).to.equal('POST');
    expect(last?.headers).to.include({ 'x-original-uri': '/a?b=c', 'x-scheme': 'http' });
  });

  it('variables stand for what the client sent', async () => {
    expect((await question('variable.test')).last?.url).to.equal('/verify?path=/a?b=c');
    expect((await question('redirect.test')).last?.headers['x-auth-request-redirect']).to.equal('/elsewhere');
  });

  it('the URL of the ConfigMap is asked where an Ingress has none', async () => {
    const { answer, last } = await question('open.test');
    expect(last?.url).to.equal('/verify-global');
    expect(answer.echo().headers['x-user']).to.equal('anna');
  });

  it('headers of its answer reach the backend, and nothing that the client claims', async () => {
    const headers = { ...good, 'x-user': 'evil', 'x-email': 'evil@a.test' };
    const echo = (await the().program.http('headers.test', '/', { headers })).echo();
    expect(echo.headers).to.include({ 'x-user': 'anna', 'x-email': 'anna@a.test', host: 'headers.test' });
    expect(echo.headers['x-forwarded-for']).to.equal('127.0.0.1');
  });

  it('its cookie reaches the client, with errors only when asked to', async () => {
    const { program } = the();
    const passed = await program.http('plain.test', '/', { headers: good });
    expect(passed.headers['set-cookie']).to.deep.equal(['session=1']);
    expect((await program.http('plain.test', '/')).headers['set-cookie']).to.equal(undefined);
    expect((await program.http('cookies.test', '/')).headers['set-cookie']).to.deep.equal(['session=1']);
  });

  const signins: readonly (readonly [string, string])[] = [
    ['signin', 'https://login.test/start?rd=http://signin.test%2Fa%3Fb%3Dc'],
    ['param', 'https://login.test/?a=b&back=http://param.test%2Fa%3Fb%3Dc'],
    ['own', 'https://login.test/?rd=https://own.test/home'],
  ];
  for (const [host, location] of signins) {
    it(`${host}: 401 leads to ${location}`, async () => {
      const answer = await the().program.http(`${host}.test`, '/a?b=c');
      expect(answer.status).to.equal(302);
      expect(answer.headers.location).to.equal(location);
      expect(answer.headers['set-cookie']).to.deep.equal(['session=1']);
      const refused = await the().program.http(`${host}.test`, '/', { headers: { 'x-status': '403' } });
      expect(refused.status).to.equal(403);
    });
  }

  it('answers are kept for the same key', async () => {
    expect((await question('cached.test')).asked.length).to.equal(1);
    expect((await question('cached.test')).asked.length).to.equal(0);
    const other = await the().program.http('cached.test', '/', { headers: { authorization: 'bad' } });
    expect(other.status).to.equal(401);
  });

  it('a name is looked up, and the service told its own name', async () => {
    const { askedByName, program, reachable } = the();
    const answer = await program.http('named.test', '/', { headers: good });
    expect(answer.status).to.equal(200);
    const last = askedByName.at(-1);
    expect([last?.url, last?.headers.host]).to.deep.equal(['/verify?by=name', 'auth.example']);
    expect((await program.http('named.test', '/')).status).to.equal(401);
    // A name that the client chooses among those of the server.
    the().dns.set('by-host.test', { type: 'A', value: new URL(reachable).hostname });
    expect((await program.http('by-host.test', '/', { headers: good })).status).to.equal(200);
  });

  it('over TLS the name is asked for, not the address', async () => {
    const { program, secure } = the();
    expect((await program.http('secure.test', '/')).status).to.equal(200);
    expect(secure.names).to.deep.equal(['secure.example']);
  });

  for (const [host, reason] of [
    ['named-local', 'this machine'],
    ['named-metadata', 'a service of the cloud'],
    ['unknown', 'nothing'],
  ] as const) {
    it(`a name that leads to ${reason} is not asked, and nobody gets in`, async () => {
      const { auth, program } = the();
      const before = auth.asked.length;
      expect((await program.http(`${host}.test`, '/', { headers: good })).status).to.equal(500);
      expect(auth.asked).to.have.length(before);
      await program.logged(/cannot be asked: no address that may be reached/);
    });
  }

  it('nobody gets to the internal location', async () => {
    const { program } = the();
    const name = `/_external-auth-${Buffer.from('/').toString('base64url')}-Prefix`;
    expect((await program.http('plain.test', name)).status).to.equal(404);
  });
});
