/** Endpoints of TCP and UDP services come and go without a reload (docs/decisions/0017-streams.md). */
import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { hasIpv6 } from '../../nginx/detect.ts';
import { confineProgram } from '../builders/compiled.ts';
import { startDns } from '../harness/dns.ts';
import { configMap, endpoints, ingressClass, service } from '../harness/objects.ts';
import { eventually, steadily, timed } from '../harness/poll.ts';
import { freePort } from '../harness/ports.ts';
import { activeWorkersOf } from '../harness/processes.ts';
import { root } from '../harness/program.ts';
import type { Program } from '../harness/program.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage, StartOptions } from '../harness/stage.ts';
import { askTcp, askUdp, openTcp, tcpBackend, udpBackend } from '../harness/streams.ts';

const FLAGS = ['--tcp-services-configmap=default/tcp', '--udp-services-configmap=default/udp'];
const DISTURBED = { NODE_OPTIONS: `--import=${join(root, 'src/testing/harness/disturbed.mjs')}` };

interface Place {
  readonly address: string;
  readonly port: number;
}

/** A Service with a port named `main`, 5000, and its endpoints. */
function backed(name: string, places: readonly Place[], protocol: 'TCP' | 'UDP' = 'TCP') {
  const ports = [{ name: 'main', port: 5000, targetPort: 'main', protocol }];
  const families = Object.groupBy(places, ({ address }) => (address.includes(':') ? 'IPv6' : 'IPv4'));
  const slices = Object.entries(families).flatMap(([family, ofFamily]) =>
    endpoints(name, ofFamily, { port: 'main' }).map((slice) => ({
      ...slice,
      metadata: { ...slice.metadata, name: `${slice.metadata.name}-${family.toLowerCase()}` },
      addressType: family,
      ports: (slice['ports'] as object[]).map((port) => ({ ...port, protocol })),
    })),
  );
  return [service(name, { ports }), ...slices];
}

/** What must not change when endpoints do. */
async function generationOf(program: Program) {
  await program.settled();
  const text = await program.nginxConf();
  return { workers: activeWorkersOf(program.master()), reloads: program.reloads(), text };
}

const addressOf = (index: number) => `127.0.0.${10 + index}`;

async function backendsOf(stage: Stage) {
  const port = await freePort();
  const ofUdp = await freePort();
  const [a, b, other] = [
    await tcpBackend(stage, 'a', { port, address: addressOf(1) }),
    await tcpBackend(stage, 'b', { port, address: addressOf(2) }),
    await tcpBackend(stage, 'other', { address: addressOf(1) }),
  ];
  const ua = await udpBackend(stage, 'ua', 1, { port: ofUdp, address: addressOf(1) });
  const ub = await udpBackend(stage, 'ub', 1, { port: ofUdp, address: addressOf(2) });
  return { a, b, other, dead: { address: addressOf(3), port }, ua, ub };
}

describe('endpoints of TCP and UDP services', () => {
  const the = useStage(async (stage) => {
    const ports = {
      changing: await freePort(),
      dead: await freePort(),
      family: await freePort(),
      moving: await freePort(),
      mixed: await freePort(),
      named: await freePort(),
      many: await freePort(),
      datagrams: await freePort(),
    };
    const backends = await backendsOf(stage);
    const { a, dead, ua } = backends;
    const dns = await startDns(stage.address());
    stage.defer(dns.close);
    const resolv = join(stage.folder, 'resolv.conf');
    writeFileSync(resolv, `nameserver ${dns.address}\n`);
    dns.set('far.test', { type: 'A', value: a.address });
    const entries = Object.entries(ports).map(([name, port]) => [port, `default/${name}:5000`] as const);
    stage.write('class.yaml', ingressClass());
    stage.write(
      'tcp.yaml',
      configMap('tcp', {
        ...Object.fromEntries(entries.filter(([port]) => port !== ports.datagrams)),
        [ports.named]: `default/named:${a.port}`,
      }),
    );
    stage.write('udp.yaml', configMap('udp', { [ports.datagrams]: 'default/datagrams:5000' }));
    stage.write(
      'settings.yaml',
      configMap('settings', { 'log-format-stream': 'through $server_port to $upstream_addr in $status' }),
    );
    for (const name of ['changing', 'family', 'moving', 'mixed'])
      stage.write(`${name}.yaml`, ...backed(name, [a]));
    stage.write('dead.yaml', ...backed('dead', [dead, a]));
    stage.write('datagrams.yaml', ...backed('datagrams', [ua], 'UDP'));
    stage.write(
      'named.yaml',
      service('named', { type: 'ExternalName', externalName: 'far.test', ports: [] }),
    );
    const program = await stage.start({
      flags: [...FLAGS, '--configmap=default/settings'],
      env: { ...DISTURBED, TIDEGATE_RESOLV_CONF: resolv },
    });
    await eventually(() => askTcp(ports.named, 'x'));
    return { program, ports, dns, ...backends };
  });

  it('change without a reload, and sessions that run go on', async () => {
    const { stage, program, ports, a, b } = the();
    const session = await openTcp(ports.changing);
    expect(await session.say('1')).to.equal('a<1>');
    const before = await generationOf(program);
    stage.write('changing.yaml', ...backed('changing', [b]));
    await eventually(async () => expect(await askTcp(ports.changing, 'x')).to.equal('b<x>'), 3000);
    expect(await session.say('2')).to.equal('a<2>');
    // None goes to the old ones any more.
    for (let index = 0; index < 8; index++) expect(await askTcp(ports.changing, 'x')).to.equal('b<x>');
    stage.write('changing.yaml', ...backed('changing', [a, b]));
    const answers = new Set<string>();
    await eventually(async () => {
      answers.add(await askTcp(ports.changing, 'x'));
      expect(answers.size).to.equal(2);
    });
    expect(await generationOf(program)).to.deep.equal(before);
    session.close();
  });

  it('that are dead are gone around, and the log has the addresses', async () => {
    const { program, ports, a, dead } = the();
    for (let index = 0; index < 12; index++) expect(await askTcp(ports.dead, 'x')).to.equal('a<x>');
    const [good, bad] = [`${a.address}:${a.port}`, `${dead.address}:${dead.port}`];
    await program.logged(new RegExp(`through ${ports.dead} to ${good} in 200`));
    await program.logged(new RegExp(`through ${ports.dead} to ${bad}, ${good} in 200`));
  });

  it('may be more than an answer has room for', async () => {
    const { stage, program, ports } = the();
    const { port } = await tcpBackend(stage, 'all', { address: '0.0.0.0' });
    const places = Array.from({ length: 250 }, (_, index) => ({ address: `127.0.1.${index + 1}`, port }));
    await program.reloadAfter(() => stage.write('many.yaml', ...backed('many', places)));
    for (let index = 0; index < 60; index++) expect(await askTcp(ports.many, 'x')).to.equal('all<x>');
    await eventually(() => {
      const chosen = program
        .logLines()
        .flatMap((line) => new RegExp(`through ${ports.many} to (\\S+) in 200`).exec(line)?.[1] ?? []);
      expect(new Set(chosen).size).to.be.greaterThan(20);
    });
  });

  it('of UDP change without a reload', async () => {
    const { stage, program, ports, ub } = the();
    expect(await askUdp(ports.datagrams, 'q')).to.deep.equal(['ua<q>']);
    const before = await generationOf(program);
    stage.write('datagrams.yaml', ...backed('datagrams', [ub], 'UDP'));
    await eventually(async () => expect(await askUdp(ports.datagrams, 'q')).to.deep.equal(['ub<q>']), 3000);
    expect(await generationOf(program)).to.deep.equal(before);
  });

  if (hasIpv6())
    it('may have addresses of both families', async () => {
      const { stage, program, ports, a } = the();
      const six = await tcpBackend(stage, 'six', { port: a.port, address: '::1' });
      const before = await generationOf(program);
      stage.write('family.yaml', ...backed('family', [six]));
      await eventually(async () => expect(await askTcp(ports.family, 'x')).to.equal('six<x>'), 3000);
      stage.write('family.yaml', ...backed('family', [a, six]));
      const answers = new Set<string>();
      await eventually(async () => {
        answers.add(await askTcp(ports.family, 'x'));
        expect([...answers].sort()).to.deep.equal(['a<x>', 'six<x>']);
      });
      expect(await generationOf(program)).to.deep.equal(before);
      await program.logged(new RegExp(`through ${ports.family} to \\[::1\\]:${six.port} in 200`));
    });

  it('get another port with a reload, which no session suffers from', async () => {
    const { stage, program, ports, other } = the();
    const answers = new Set<string>();
    const ask = async () => void answers.add(await askTcp(ports.moving, 'x'));
    await ask();
    await program.reloadAfter(async () => {
      stage.write('moving.yaml', ...backed('moving', [other]));
      await steadily(ask, 500);
    });
    await eventually(async () => expect(await askTcp(ports.moving, 'x')).to.equal('other<x>'));
    expect([...answers].sort()[0]).to.equal('a<x>');
    expect(['a<x>', 'other<x>']).to.include.members([...answers]);
  });

  it('stand in the file when they have several ports', async () => {
    const { stage, program, ports, a, b, other } = the();
    const pool = `upstream stream_tcp_${ports.mixed} {`;
    expect(await program.nginxConf()).to.not.include(pool);
    await program.reloadAfter(() => stage.write('mixed.yaml', ...backed('mixed', [a, other])));
    expect(await program.nginxConf()).to.include(pool);
    const answers = new Set<string>();
    for (let index = 0; index < 16; index++) answers.add(await askTcp(ports.mixed, 'x'));
    expect([...answers].sort()).to.deep.equal(['a<x>', 'other<x>']);
    await program.reloadAfter(() => stage.write('mixed.yaml', ...backed('mixed', [b])));
    expect(await program.nginxConf()).to.not.include(pool);
    expect(await askTcp(ports.mixed, 'x')).to.equal('b<x>');
  });

  it('of external names change without a reload', async () => {
    const { program, ports, dns, b } = the();
    const before = await generationOf(program);
    expect(await askTcp(ports.named, 'x')).to.equal('a<x>');
    dns.set('far.test', { type: 'A', value: b.address });
    await eventually(async () => expect(await askTcp(ports.named, 'x')).to.equal('b<x>'));
    expect(await generationOf(program)).to.deep.equal(before);
  });

  it('are told while the controller is busy', async () => {
    const { program, ports } = the();
    expect((await program.health()).status).to.equal(200);
    program.kill('SIGWINCH');
    await setTimeout(200);
    const health = program.health().then(() => performance.now());
    const started = performance.now();
    let slowest = 0;
    // Longer than nginx remembers an answer.
    await steadily(async () => {
      const time = await timed(() => askTcp(ports.changing, 'x'), 0);
      slowest = Math.max(slowest, time);
    }, 1800);
    const last = performance.now();
    // It has answered nobody meanwhile.
    expect(await health).to.be.greaterThan(last);
    expect(last - started).to.be.greaterThan(1700);
    expect(slowest).to.be.lessThan(1000);
  });

  it('are told by another thread when that one has ended', async () => {
    const { stage, program, ports, a, b } = the();
    stage.write('changing.yaml', ...backed('changing', [a]));
    await eventually(async () => expect(await askTcp(ports.changing, 'x')).to.equal('a<x>'));
    const before = await generationOf(program);
    const from = program.logLines().length;
    program.kill('SIGUSR2');
    // One that comes in between waits until nginx asks once more.
    for (const end = performance.now() + 1500; performance.now() < end;)
      expect(await askTcp(ports.changing, 'x')).to.match(/^[ab]<x>$/);
    await program.logged(/the thread that tells nginx endpoints .* has ended; it is started again/, { from });
    stage.write('changing.yaml', ...backed('changing', [b]));
    await eventually(async () => expect(await askTcp(ports.changing, 'x')).to.equal('b<x>'), 3000);
    expect(await generationOf(program)).to.deep.equal(before);
  });

  describe('change without a reload as well', () => {
    /** With another program, which looks at a ConfigMap of its own. @returns its log. */
    async function follow(options: Pick<StartOptions, 'program' | 'env'>): Promise<string> {
      const { stage, a, b } = the();
      const port = await freePort();
      stage.write('second-map.yaml', configMap('second', { [port]: 'default/second:5000' }));
      stage.write('second.yaml', ...backed('second', [a]));
      const program = await stage.start({ ...options, flags: ['--tcp-services-configmap=default/second'] });
      try {
        await eventually(async () => expect(await askTcp(port, 'x')).to.equal('a<x>'));
        const before = await generationOf(program);
        stage.write('second.yaml', ...backed('second', [b]));
        await eventually(async () => expect(await askTcp(port, 'x')).to.equal('b<x>'), 3000);
        expect(await generationOf(program)).to.deep.equal(before);
      } finally {
        await program.stop();
      }
      return program.logLines().join('\n');
    }

    it('with the bundle of the image', async () => {
      const folder = join(the().stage.folder, 'bundle');
      execFileSync(process.execPath, [join(root, 'scripts/bundle.mjs'), join(folder, 'dist')]);
      for (const name of ['templates', 'nginx', 'dashboard'])
        symlinkSync(join(root, name), join(folder, name));
      await follow({ program: [join(folder, 'dist', 'nginx-ingress-controller.mjs')] });
    });

    it('with an nginx that is confined', async () => {
      expect(await follow({ env: { TIDEGATE_CONFINE: confineProgram() } })).to.include('nginx is confined');
    });
  });
});
