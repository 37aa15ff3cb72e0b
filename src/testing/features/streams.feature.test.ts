/** TCP and UDP services (compat/behaviour.md section 29), with real sockets. */
import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { once } from 'node:events';
import { startDns } from '../harness/dns.ts';
import { configMap, endpoints, ingressClass, service } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { freePort } from '../harness/ports.ts';
import { site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import { askTcp, askUdp, closed, openTcp, tcpBackend, udpBackend } from '../harness/streams.ts';
import type { StreamBackend } from '../harness/streams.ts';

const FLAGS = ['--tcp-services-configmap=default/tcp', '--udp-services-configmap=default/udp'];

/** A Service with a port named `main`, 5000, and its endpoints. */
function tcpService(name: string, places: readonly StreamBackend[]) {
  const ports = [{ name: 'main', port: 5000, targetPort: 5001, protocol: 'TCP' }];
  return [service(name, { ports }), ...endpoints(name, places, { port: 'main' })];
}

function udpService(name: string, places: readonly StreamBackend[]) {
  const ports = [{ name: 'main', port: 53, targetPort: 5353, protocol: 'UDP' }];
  const slices = endpoints(name, places, { port: 'main' }).map((slice) => ({
    ...slice,
    ports: (slice['ports'] as object[]).map((port) => ({ ...port, protocol: 'UDP' })),
  }));
  return [service(name, { ports }), ...slices];
}

describe('TCP and UDP services', () => {
  const the = useStage(async (stage) => {
    const ports = {
      number: await freePort(),
      name: await freePort(),
      twice: await freePort(),
      decode: await freePort(),
      encode: await freePort(),
      both: await freePort(),
      bad: await freePort(),
      missing: await freePort(),
      empty: await freePort(),
      wrongKind: await freePort(),
      external: await freePort(),
      held: await freePort(),
      udp: await freePort(),
      three: await freePort(),
      proxyUdp: await freePort(),
      changing: await freePort(),
      coming: await freePort(),
    };
    const one = await tcpBackend(stage, 'one');
    const two = await tcpBackend(stage, 'two');
    const dns = await udpBackend(stage, 'dns');
    const loud = await udpBackend(stage, 'loud', 3);
    const web = await stage.backend('web');
    const holder = createServer().listen({ port: ports.held });
    await once(holder, 'listening');
    stage.defer(() => holder.close());
    const tcp = {
      [ports.number]: 'default/one:5000',
      [ports.name]: 'default/one:main',
      [ports.twice]: 'default/pair:5000',
      [ports.decode]: 'default/one:5000:PROXY',
      [ports.encode]: 'default/one:5000::proxy',
      [ports.both]: 'default/one:5000:PROXY:PROXY',
      [ports.bad]: 'default/one:5000; listen 1:x',
      [ports.missing]: 'default/missing:5000',
      [ports.empty]: 'default/empty:5000',
      [ports.wrongKind]: 'default/dns:53',
      [ports.external]: `default/external:${one.port}`,
      [ports.held]: 'default/one:5000',
      [ports.changing]: 'default/changing:5000',
      '10246': 'default/one:5000',
      http: 'default/one:5000',
    };
    stage.write('class.yaml', ingressClass());
    stage.write('web.yaml', ...site('web', { places: [web] }));
    stage.write('tcp.yaml', configMap('tcp', tcp));
    stage.write(
      'udp.yaml',
      configMap('udp', {
        [ports.udp]: 'default/dns:53',
        [ports.three]: 'default/loud:main',
        [ports.proxyUdp]: 'default/dns:53:PROXY',
      }),
    );
    stage.write('settings.yaml', configMap('settings', { 'proxy-stream-responses': '3' }));
    stage.write('one.yaml', ...tcpService('one', [one]));
    stage.write('pair.yaml', ...tcpService('pair', [one, two]));
    stage.write('changing.yaml', ...tcpService('changing', [one]));
    stage.write('empty.yaml', ...tcpService('empty', []));
    const dnsServer = await startDns(stage.address());
    stage.defer(dnsServer.close);
    const resolv = join(stage.folder, 'resolv.conf');
    writeFileSync(
      resolv,
      `nameserver ${dnsServer.address}
search inner.test
options ndots:2
`,
    );
    dnsServer.set('far.inner.test', { type: 'A', value: '127.0.0.1' });
    dnsServer.set('far', { type: 'A', value: '192.0.2.1' });
    stage.write(
      'external.yaml',
      service('external', { type: 'ExternalName', externalName: 'far', ports: [] }),
    );
    stage.write('udp-services.yaml', ...udpService('dns', [dns]), ...udpService('loud', [loud]));
    const program = await stage.start({
      flags: [...FLAGS, '--configmap=default/settings'],
      env: { TIDEGATE_RESOLV_CONF: resolv },
    });
    return { program, ports, tcp, one, two, holder };
  });

  it('reaches the port of a Service by number and by name', async () => {
    const { ports } = the();
    expect(await askTcp(ports.number, 'a')).to.equal('one<a>');
    expect(await askTcp(ports.name, 'b')).to.equal('one<b>');
  });

  it('goes round the endpoints', async () => {
    const { ports } = the();
    const answers = new Set<string>();
    for (let index = 0; index < 16; index++) answers.add(await askTcp(ports.twice, 'x'));
    expect([...answers].sort()).to.deep.equal(['one<x>', 'two<x>']);
  });

  it('takes a PROXY header away, passes it on, and makes one', async () => {
    const { ports } = the();
    const header = 'PROXY TCP4 192.0.2.7 192.0.2.8 1111 2222\r\n';
    expect(await askTcp(ports.decode, `${header}hello`)).to.equal('one<hello>');
    expect(await askTcp(ports.encode, 'hello')).to.match(
      /^one<PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+\r\n(?:hello)?>/,
    );
    expect(await askTcp(ports.both, `${header}hello`)).to.match(/^one<PROXY TCP4 127\.0\.0\.1 /);
  });

  it('wants a PROXY header where one is said to come', async () => {
    const { ports } = the();
    const answer = await askTcp(ports.decode, 'no header').catch((error: Error) => error.message);
    expect(answer).to.equal('closed without an answer');
  });

  it('reaches an external name', async () => {
    const { ports } = the();
    await eventually(async () => expect(await askTcp(ports.external, 'x')).to.equal('one<x>'));
  });

  it('answers datagrams, and as many times as the endpoint does', async () => {
    const { ports } = the();
    expect(await askUdp(ports.udp, 'q')).to.deep.equal(['dns<q>']);
    expect(await askUdp(ports.three, 'q', 3)).to.deep.equal(['loud<q>', 'loud<q>', 'loud<q>']);
  });

  for (const [what, name, words] of [
    ['more than a place', 'bad', /data\["PORT"\].*write .*namespace\/service:port/],
    ['a Service that does not exist', 'missing', /default\/missing.*does not exist; its port is not opened/],
    ['a Service without endpoints', 'empty', /has no endpoints; port PORT is not opened/],
    ['a port of another protocol', 'wrongKind', /has no port .*53.* of TCP/],
    ['a port that another process has', 'held', /port PORT cannot be opened: another process has it/],
    ['PROXY over UDP', 'proxyUdp', /data\["PORT"\].*no PROXY protocol over UDP/],
  ] as const) {
    it(`leaves out ${what} and says so`, async () => {
      const { program, ports } = the();
      const pattern = new RegExp(words.source.replaceAll('PORT', String(ports[name])));
      const lines = program.logLines().map((line) => line.replaceAll('\\"', '"'));
      expect(
        lines.some((line) => pattern.test(line)),
        lines.slice(-30).join('\n'),
      ).to.equal(true);
      if (name !== 'held') await closed(ports[name]);
    });
  }

  it('serves HTTP beside it', async () => {
    expect((await the().program.http('web.test', '/')).status).to.equal(200);
  });

  it('follows endpoints, and keeps the connections that run', async () => {
    const { stage, ports, two } = the();
    const session = await openTcp(ports.changing);
    expect(await session.say('1')).to.equal('one<1>');
    stage.write('changing.yaml', ...tcpService('changing', [two]));
    await eventually(async () => expect(await askTcp(ports.changing, 'x')).to.equal('two<x>'));
    expect(await session.say('2')).to.equal('one<2>');
    session.close();
  });

  it('opens a port when an entry comes and closes it when it goes', async () => {
    const { stage, ports, tcp } = the();
    await closed(ports.coming);
    stage.write('tcp.yaml', configMap('tcp', { ...tcp, [ports.coming]: 'default/one:5000' }));
    await eventually(async () => expect(await askTcp(ports.coming, 'x')).to.equal('one<x>'));
    stage.write('tcp.yaml', configMap('tcp', tcp));
    await eventually(() => closed(ports.coming));
    expect(await askTcp(ports.number, 'a')).to.equal('one<a>');
  });

  it('opens a port when its Service gets endpoints', async () => {
    const { stage, ports, two } = the();
    stage.write('empty.yaml', ...tcpService('empty', [two]));
    await eventually(async () => expect(await askTcp(ports.empty, 'x')).to.equal('two<x>'));
    stage.write('empty.yaml', ...tcpService('empty', []));
    await eventually(() => closed(ports.empty));
  });

  it('takes a port when it is free at last', async () => {
    const { ports, holder } = the();
    await new Promise((resolve) => holder.close(resolve));
    await eventually(async () => expect(await askTcp(ports.held, 'x')).to.equal('one<x>'));
  });
});
