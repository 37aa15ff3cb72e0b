import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDns } from '../harness/dns.ts';
import { ingress, ingressClass, service } from '../harness/objects.ts';
import { eventually, timed } from '../harness/poll.ts';
import { activeWorkersOf } from '../harness/processes.ts';
import { useStage } from '../harness/stage.ts';

describe('ExternalName services', () => {
  const the = useStage(async (stage) => {
    const one = await stage.backend('one', { address: stage.address() });
    const two = await stage.backend('two', { address: stage.address(), port: one.port });
    const dns = await startDns(stage.address());
    stage.defer(dns.close);
    const dead = stage.address();
    const resolv = join(stage.folder, 'resolv.conf');
    writeFileSync(
      resolv,
      `# for a test\nnameserver ${dead}\nnameserver ${dns.address}\nsearch first.test second.test\noptions ndots:1\n`,
    );
    stage.write('class.yaml', ingressClass());
    const hosts: Readonly<Record<string, string>> = {
      plain: 'plain.example',
      short: 'short',
      final: 'final.example.',
      chain: 'chain.example',
      both: 'both.example',
      cut: 'cut.example',
      moving: 'moving.example',
      lasting: 'lasting.example',
      failing: 'failing.example',
      late: 'late.example',
      never: 'never.example',
      loopback: 'loopback.example',
      linklocal: 'linklocal.example',
      mapped: 'mapped.example',
      mixed: 'mixed.example',
      literal: one.address,
      'literal-loopback': '127.0.0.1',
      localhost: 'localhost',
    };
    for (const [name, externalName] of Object.entries(hosts)) {
      stage.write(
        `${name}.yaml`,
        service(name, {
          type: 'ExternalName',
          externalName,
          ports: [{ name: 'web', port: 80, targetPort: one.port }],
        }),
        ingress(name, {
          rules: {
            [`${name}.test`]: [
              { to: `${name}:80` },
              { path: '/by-name', to: `${name}:web` },
              { path: '/by-number', to: `${name}:${one.port}` },
            ],
          },
        }),
      );
    }
    const a = (value: string, ttl?: number) => ({
      type: 'A' as const,
      value,
      ...(ttl === undefined ? {} : { ttl }),
    });
    dns.set('plain.example', a(one.address));
    dns.set('short.second.test', a(one.address));
    dns.set('final.example', a(one.address));
    dns.set(
      'chain.example',
      { type: 'CNAME', value: 'middle.example' },
      { type: 'CNAME', value: 'end.example' },
      a(one.address),
    );
    dns.set('both.example', a(one.address), a(two.address));
    dns.set('cut.example', a(one.address));
    dns.set('moving.example', a(one.address, 1));
    dns.set('lasting.example', a(one.address, 300));
    dns.set('failing.example', a(one.address, 1));
    dns.set('loopback.example', a('127.0.0.1'), { type: 'AAAA', value: '0:0:0:0:0:0:0:1' });
    dns.set('linklocal.example', a('169.254.169.254'));
    dns.set('mapped.example', { type: 'AAAA', value: '0:0:0:0:0:ffff:7f00:1' });
    dns.set('mixed.example', a('127.0.0.1'), a(one.address), a('169.254.169.254'));
    const program = await stage.start({ env: { TIDEGATE_RESOLV_CONF: resolv } });
    return { one, two, dns, a, program };
  });

  const backendOf = async (host: string, path = '/') =>
    (await the().program.http(`${host}.test`, path)).echo().backend;
  const statusOf = async (host: string) => (await the().program.http(`${host}.test`, '/')).status;

  const resolved: readonly (readonly [host: string, why: string])[] = [
    ['plain', 'one address'],
    ['short', 'the search list is followed'],
    ['final', 'a final dot means the name as it is'],
    ['chain', 'aliases lead to an address'],
    ['mixed', 'addresses that may not be reached are left out'],
    ['literal', 'an address needs no DNS'],
  ];
  for (const [host, why] of resolved) {
    it(`${host} is served: ${why}`, async () => expect(await backendOf(host)).to.equal('one'));
  }

  for (const path of ['/by-name', '/by-number']) {
    it(`the port can be given as ${path}`, async () =>
      expect(await backendOf('plain', path)).to.equal('one'));
  }

  it('the Host header stays that of the client', async () => {
    const { headers } = (await the().program.http('plain.test', '/')).echo();
    expect(headers).to.include({ host: 'plain.test' });
  });

  const refused: readonly (readonly [host: string, why: string])[] = [
    ['never', 'no such name'],
    ['loopback', 'it resolves to this machine'],
    ['linklocal', 'it resolves to a link-local address'],
    ['mapped', 'it resolves to an IPv4 address in disguise'],
    ['literal-loopback', 'it is an address of this machine'],
    ['localhost', 'it is this machine by name'],
  ];
  for (const [host, why] of refused) {
    it(`${host} gets 503: ${why}`, async () => expect(await statusOf(host)).to.equal(503));
  }

  it('all addresses are used', async () => {
    const seen = new Set<string>();
    for (let request = 0; request < 20; request++) seen.add(await backendOf('both'));
    expect([...seen].toSorted()).to.deep.equal(['one', 'two']);
  });

  it('a cut answer is asked for again over TCP', async () => {
    const { dns } = the();
    dns.truncate(true);
    try {
      expect(await backendOf('cut')).to.equal('one');
    } finally {
      dns.truncate(false);
    }
    expect(dns.queries('cut.example', 'tcp')).to.be.at.least(1);
  });

  it('a changed address is used when the old answer has expired', async () => {
    const { dns, a, two } = the();
    expect(await backendOf('moving')).to.equal('one');
    dns.set('moving.example', a(two.address, 1));
    const took = await timed(async () => {
      for (let request = 0; request < 5; request++) expect(await backendOf('moving')).to.equal('two');
    });
    expect(took).to.be.below(60_000);
  });

  it('an answer that lasts is not asked for again', async () => {
    const { dns, program } = the();
    for (let request = 0; request < 30; request++) expect(await backendOf('lasting')).to.equal('one');
    // A and AAAA, once in each worker.
    const workers = activeWorkersOf(program.master()).length;
    expect(dns.queries('lasting.example', 'udp')).to.be.within(1, 2 * workers);
  });

  it('the last good answer serves while the name server fails', async () => {
    const { dns } = the();
    // Every worker has asked once.
    for (let request = 0; request < 20; request++) expect(await backendOf('failing')).to.equal('one');
    dns.fail(true);
    try {
      const before = dns.queries('failing.example', 'udp');
      await eventually(async () => {
        expect(await backendOf('failing')).to.equal('one');
        expect(dns.queries('failing.example', 'udp')).to.be.above(before + 3);
      });
      for (let request = 0; request < 20; request++) expect(await backendOf('failing')).to.equal('one');
    } finally {
      dns.fail(false);
    }
  });

  it('a name that comes later is found', async () => {
    const { dns, a, one } = the();
    expect(await statusOf('late')).to.equal(503);
    dns.set('late.example', a(one.address));
    const took = await timed(async () => expect(await backendOf('late')).to.equal('one'));
    expect(took).to.be.below(60_000);
  });

  it('--disable-svc-external-name switches them off', async () => {
    const { stage } = the();
    const program = await stage.start({ flags: ['--disable-svc-external-name'] });
    expect(await program.http('literal.test', '/')).to.include({ status: 503 });
    await program.stop();
  });
});
