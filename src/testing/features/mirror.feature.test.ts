import { writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { expect } from 'chai';
import { makePair } from '../harness/certificates.ts';
import { startDns } from '../harness/dns.ts';
import { configMap, ingressClass } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { startRecorder } from '../harness/recorder.ts';
import type { Recorded, Recorder } from '../harness/recorder.ts';
import { site } from '../harness/sites.ts';
import type { annotations } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';

type Short = Parameters<typeof annotations>[0];

/** More than a buffer holds, so that it is in a file. */
const LARGE = 'x'.repeat(3_000_000);

async function startServices(stage: Stage) {
  const dns = await startDns(stage.address());
  stage.defer(dns.close);
  const resolv = join(stage.folder, 'resolv.conf');
  writeFileSync(resolv, `nameserver ${dns.address}\n`);
  const services = {
    usual: await startRecorder(stage),
    named: await startRecorder(stage, { address: stage.address() }),
    secure: await startRecorder(stage, { address: stage.address(), pair: await makePair('secure.example') }),
    slow: await startRecorder(stage, { holds: true }),
    crowded: await startRecorder(stage, { holds: true }),
    refusing: await startRecorder(stage),
  };
  dns.set('named.example', { type: 'A', value: services.named.address });
  dns.set('secure.example', { type: 'A', value: services.secure.address });
  dns.set('local.example', { type: 'A', value: '127.0.0.1' });
  return { services, resolv };
}

describe('copies of requests', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const { services, resolv } = await startServices(stage);
    const at = ({ address, port }: Recorder) => `http://${address}:${port}`;
    const { usual, named, secure, slow, crowded, refusing } = services;
    const sites: Readonly<Record<string, Short>> = {
      copied: { 'mirror-target': `${at(usual)}/copy$request_uri`, 'proxy-body-size': '8m' },
      pathless: { 'mirror-target': at(usual) },
      fixed: { 'mirror-target': `${at(usual)}/fixed` },
      query: { 'mirror-target': `${at(usual)}/fixed?x=y` },
      joined: { 'mirror-target': `${at(usual)}$request_uri` },
      hosted: { 'mirror-target': at(usual), 'mirror-host': 'inner.test' },
      bodiless: { 'mirror-target': at(usual), 'mirror-request-body': 'off' },
      odd: { 'mirror-target': at(usual), 'mirror-request-body': 'perhaps', 'mirror-host': 'a b' },
      named: { 'mirror-target': `http://named.example:${named.port}/by-name` },
      secure: { 'mirror-target': `https://secure.example:${secure.port}/x` },
      dead: { 'mirror-target': 'http://127.0.0.1:1/' },
      slow: { 'mirror-target': at(slow) },
      crowded: { 'mirror-target': at(crowded) },
      unknown: { 'mirror-target': 'http://nobody.example/' },
      local: { 'mirror-target': `http://local.example:${usual.port}/` },
      metadata: { 'mirror-target': 'http://169.254.169.254/latest' },
      chosen: { 'mirror-target': 'http://$http_x/' },
      inner: { 'mirror-target': `${at(usual)}$uri` },
      scheme: { 'mirror-target': 'ftp://127.0.0.1/' },
      refused: { 'mirror-target': at(usual), 'auth-url': `${at(refusing)}/` },
      rewritten: { 'mirror-target': at(usual), 'rewrite-target': '/else' },
      plain: { 'mirror-host': 'x.test', 'mirror-request-body': 'off' },
    };
    stage.write('class.yaml', ingressClass());
    stage.write('settings.yaml', configMap('settings', { 'worker-processes': '1' }));
    for (const [name, short] of Object.entries(sites))
      stage.write(`${name}.yaml`, ...site(name, { places: [web], with: short }));
    const program = await stage.start({
      flags: ['--configmap=default/settings', '--sync-rate-limit=20'],
      env: { TIDEGATE_RESOLV_CONF: resolv },
    });
    return { web, program, ...services };
  });

  async function copyOf(
    host: string,
    path: string,
    options: {
      readonly to?: Recorder;
      readonly method?: string;
      readonly body?: string;
      readonly headers?: object;
    } = {},
  ): Promise<Recorded> {
    const { to = the().usual, method = 'GET', body, headers } = options;
    const before = to.asked.length;
    const answer = await the().program.http(`${host}.test`, path, {
      method,
      headers: { ...headers },
      ...(body === undefined ? {} : { body }),
    });
    expect(answer.echo()).to.include({ backend: 'web', bodyLength: body?.length ?? 0 });
    return eventually(() => {
      const copy = to.asked[before];
      if (copy === undefined) throw new Error('no copy has come');
      return copy;
    });
  }

  const paths: readonly (readonly [host: string, path: string, url: string])[] = [
    ['copied', '/a%20b?c=d', '/copy/a%20b?c=d'],
    ['pathless', '/a?b=c', '/a?b=c'],
    ['joined', '/a?b=c', '/a?b=c'],
    ['fixed', '/a?b=c', '/fixed?b=c'],
    ['fixed', '/a', '/fixed'],
    ['query', '/a?b=c', '/fixed?x=y'],
    ['rewritten', '/a', '/a'],
  ];
  for (const [host, path, url] of paths) {
    it(`of ${host}.test${path} ask for ${url}`, async () => {
      expect((await copyOf(host, path)).url).to.equal(url);
    });
  }

  it('have the method, the headers and the body', async () => {
    const headers = { 'x-custom': ['1', '2'], cookie: 'a=b', te: 'trailers', connection: 'close' };
    const copy = await copyOf('copied', '/', { method: 'POST', body: 'text', headers });
    expect(copy).to.include({ method: 'POST', body: 'text' });
    expect(copy.headers).to.include({
      host: '127.0.0.1',
      'x-custom': '1, 2',
      cookie: 'a=b',
      'content-length': '4',
      connection: 'close',
    });
    expect(copy.headers).to.not.have.any.keys('te', 'transfer-encoding', 'expect');
  });

  it('have large bodies, too', async () => {
    const copy = await copyOf('copied', '/', { method: 'PUT', body: LARGE });
    expect(copy.body === LARGE).to.equal(true);
    const none = await copyOf('bodiless', '/', { method: 'PUT', body: 'text' });
    expect(none).to.include({ method: 'PUT', body: '' });
    expect(none.headers).to.not.have.property('content-length');
  });

  it('have another host when that is asked for', async () => {
    expect((await copyOf('hosted', '/')).headers.host).to.equal('inner.test');
    expect((await copyOf('odd', '/', { method: 'POST', body: 'x' })).headers.host).to.equal('127.0.0.1');
  });

  it('go to what a name leads to', async () => {
    const copy = await copyOf('named', '/', { to: the().named });
    expect([copy.url, copy.headers.host]).to.deep.equal(['/by-name', 'named.example']);
    const secure = await copyOf('secure', '/', { to: the().secure });
    expect([secure.url, secure.servername]).to.deep.equal(['/x', 'secure.example']);
  });

  it('are made of HTTP/2, too', async () => {
    const { program, usual } = the();
    const before = usual.asked.length;
    const client = connect(`https://127.0.0.1:${program.ports.https}`, {
      servername: 'copied.test',
      rejectUnauthorized: false,
    });
    const stream = client.request({
      ':method': 'POST',
      ':path': '/h2',
      ':authority': 'copied.test',
      'x-a': 'b',
    });
    stream.end('text');
    stream.resume();
    await new Promise((resolve) => void stream.once('end', resolve));
    client.destroy();
    const copy = await eventually(() => {
      const found = usual.asked[before];
      if (found === undefined) throw new Error('no copy has come');
      return found;
    });
    expect(copy).to.include({ method: 'POST', url: '/copy/h2', body: 'text' });
    expect(copy.headers).to.include({ 'x-a': 'b' });
  });

  it('of what nobody answers delay nothing, not even on the same connection', async () => {
    const { program, slow } = the();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const connections: unknown[] = [];
    for (let index = 0; index < 4; index++) {
      const answer = await program.http('slow.test', `/${index}`, { agent, method: 'POST', body: 'x' });
      expect(answer.status).to.equal(200);
      connections.push(answer.headers.connection);
    }
    expect(connections).to.deep.equal(Array.from({ length: 4 }, () => 'keep-alive'));
    await eventually(() => expect(slow.waiting()).to.equal(4));
    agent.destroy();
    slow.release();
    await eventually(() => expect(slow.waiting()).to.equal(0));
  });

  for (const host of ['dead', 'unknown', 'local']) {
    it(`that cannot be sent fail nothing: ${host}`, async () => {
      const { program, usual } = the();
      const before = usual.asked.length;
      expect((await program.http(`${host}.test`, '/')).status).to.equal(200);
      const uid = new RegExp(
        `location = "(/_mirror-[^"]*)"[^}]*?${host === 'dead' ? '127.0.0.1:1/' : `${host === 'local' ? 'local' : 'nobody'}.example`}`,
      );
      const [, name = ''] = uid.exec(await program.nginxConf()) ?? [];
      await program.logged(new RegExp(`copies of requests \\(${name}\\) are lost: `));
      expect(usual.asked).to.have.length(before);
    });
  }

  it('are bounded while they wait, and every client is served', async () => {
    const { program, crowded } = the();
    const answers = await Promise.all(
      Array.from({ length: 80 }, (_, index) => program.http('crowded.test', `/${index}`)),
    );
    expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([200]));
    await eventually(() => expect(crowded.waiting()).to.equal(64));
    await program.logged(/copies of requests .* are lost: too many are under way/);
    crowded.release();
    await eventually(() => expect(crowded.waiting()).to.equal(0));
    const more = crowded.asked.length;
    await program.http('crowded.test', '/again');
    await eventually(() => expect(crowded.asked).to.have.length(more + 1));
  });

  const none: readonly (readonly [host: string, told: RegExp])[] = [
    ['metadata', /address-refused.*mirror-target|mirror-target.*address-refused.*it gets no copies/],
    ['chosen', /annotation-invalid.*lets clients choose the host/],
    ['inner', /annotation-invalid.*write \$request_uri/],
    ['scheme', /annotation-invalid.*is not a URL/],
  ];
  for (const [host, told] of none) {
    it(`are not made for ${host}.test, whose owner is told`, async () => {
      const { program } = the();
      expect((await program.http(`${host}.test`, '/')).status).to.equal(200);
      const lines = program.logLines().filter((line) => line.includes(`default/${host}"`));
      expect(lines.join('\n')).to.match(told);
      expect(partOf(await program.nginxConf(), host)).to.not.match(/^\s*(?:mirror|location = "\/_mirror)/m);
    });
  }

  it('are not made of requests that are refused', async () => {
    const { program, usual, refusing } = the();
    refusing.release();
    const before = usual.asked.length;
    expect((await program.http('plain.test', '/')).status).to.equal(200);
    const answer = await program.http('refused.test', '/');
    // It lets everybody in, and a copy comes; a body that is too large is refused before that.
    expect(answer.status).to.equal(200);
    await eventually(() => expect(usual.asked).to.have.length(before + 1));
    const large = await program.http('pathless.test', '/', { method: 'POST', body: LARGE });
    expect(large.status).to.equal(413);
    await copyOf('pathless', '/after');
    expect(usual.asked.slice(before + 1).map(({ url }) => url)).to.deep.equal(['/after']);
  });

  it('that come back are copied no more', async () => {
    const { stage, program, web } = the();
    const before = web.requests();
    await program.reloadAfter(() =>
      stage.write(
        'loop.yaml',
        ...site('loop', {
          places: [web],
          with: {
            'mirror-target': `http://127.0.0.1:${program.ports.http}`,
            'mirror-host': 'loop.test',
          },
        }),
      ),
    );
    expect((await program.http('loop.test', '/')).status).to.equal(200);
    await program.logged(/are lost: they come back to where they were made/);
    await eventually(() => expect(web.requests()).to.equal(before + 2));
  });

  it('write no lines to the access log, and nobody gets to their location', async () => {
    const { program } = the();
    const from = program.logLines().length;
    await copyOf('copied', '/logged');
    await program.logged(/"GET \/logged HTTP\/1.1" 200 /, { from });
    const lines = program
      .logLines()
      .slice(from)
      .filter((line) => line.includes('/logged'));
    expect(lines).to.have.length(1);
    const [, name = ''] = /mirror "([^"]+)"/.exec(partOf(await program.nginxConf(), 'copied')) ?? [];
    expect((await program.http('copied.test', name)).status).to.equal(404);
  });

  it('are spelled in nginx.conf as scripts know it', async () => {
    const { program, usual } = the();
    const text = await program.nginxConf();
    const copied = partOf(text, 'copied');
    expect(copied).to.match(/mirror "\/_mirror-[0-9a-f-]{36}";/);
    expect(copied).to.include('mirror_request_body on;');
    expect(copied).to.include(`proxy_pass "http://127.0.0.1:${usual.port}/copy$request_uri";`);
    expect(partOf(text, 'bodiless')).to.include('mirror_request_body off;');
  });
});

function partOf(text: string, host: string): string {
  const [start, end] = [
    text.indexOf(`## start server ${host}.test`),
    text.indexOf(`## end server ${host}.test`),
  ];
  return text.slice(start, end).replaceAll(/\s+/g, ' ');
}
