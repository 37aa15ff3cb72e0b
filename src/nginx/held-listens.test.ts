import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { freePort } from '../testing/harness/ports.ts';
import { configOf } from './generation.ts';
import type { Generation } from './generation.ts';
import { heldListens } from './held-listens.ts';
import { ownersOfLine } from './owners.ts';

/** `@` stands for the port. */
function generation(body: string, port: number): Generation {
  return {
    checksum: '1',
    head: Buffer.from('events {}\nhttp {\n'),
    servers: [],
    tail: Buffer.from('}\n'),
    stream: Buffer.from(body === '' ? '' : `\nstream {\n${body.replaceAll('@', String(port))}\n}\n`),
    files: [],
  };
}

const snippet = (text: string, owner = 'default/a') =>
  `\n\t## start stream-snippet ${owner}\n${text}\n\t## end stream-snippet ${owner}`;

describe('addresses of snippets that others hold', () => {
  const tcp = createServer();
  const local = createServer();
  const udp = createSocket('udp4');
  const ports = { tcp: 0, local: 0, udp: 0, free: 0 };
  before(async () => {
    tcp.listen({ port: 0, host: '0.0.0.0' });
    local.listen({ port: 0, host: '127.0.0.1' });
    udp.bind({ port: 0, address: '127.0.0.1' });
    await Promise.all([tcp, local, udp].map((socket) => once(socket, 'listening')));
    ports.tcp = (tcp.address() as AddressInfo).port;
    ports.local = (local.address() as AddressInfo).port;
    ports.udp = udp.address().port;
    ports.free = await freePort();
  });
  after(() => {
    tcp.close();
    local.close();
    udp.close();
  });

  const held = ['tcp', 'local', 'udp', 'free'] as const;
  const rows: readonly (readonly [which: (typeof held)[number], listen: string, isHeld: boolean])[] = [
    ['tcp', 'listen @;', true],
    ['tcp', 'listen *:@ backlog=5;', true],
    ['tcp', 'listen 0.0.0.0:@;', true],
    ['tcp', 'listen 127.0.0.1:@;', true],
    ['tcp', 'listen "@";', true],
    ['tcp', 'listen @ reuseport;', false],
    ['local', 'listen 127.0.0.1:@;', true],
    ['local', 'listen 127.0.0.2:@;', false],
    ['local', 'listen @;', true],
    ['udp', 'listen 127.0.0.1:@ udp;', true],
    ['free', 'listen @;', false],
    // nginx says by itself what is wrong with these, or sees what becomes of them.
    ['tcp', 'listen localhost:@;', false],
    ['tcp', 'listen 192.0.2.1:@;', false],
    ['tcp', 'listen unix:/tmp/@;', false],
    ['tcp', 'listen @-@;', false],
    ['tcp', 'listen 99999;', false],
    ['tcp', 'listen 999.1.1.1:@;', false],
    ['tcp', 'listen;', false],
  ];
  for (const [which, listen, isHeld] of rows)
    it(`${listen} with a ${which} port: ${isHeld ? 'held' : 'not held'}`, async () => {
      const next = generation(snippet(`server {\nproxy_pass 127.0.0.1:1;\n${listen}\n}`), ports[which]);
      expect(await heldListens(next, null)).to.have.length(isHeld ? 1 : 0);
    });

  it('are told with the line, which is of their Ingress', async () => {
    const body = `${snippet('server { listen 1; }', 'default/first')}\n${snippet('server {\nlisten @;\n}', 'default/second')}`;
    const next = generation(body, ports.tcp);
    const [failure, ...others] = await heldListens(next, generation(snippet('server { listen 1; }'), 0));
    const line = failure?.line ?? 0;
    expect(others).to.deep.equal([]);
    expect(configOf(next).toString().split('\n')[line - 1]).to.equal(`listen ${ports.tcp};`);
    expect(failure?.message).to.equal(
      `[emerg] another process has the address of "listen ${ports.tcp}" in nginx.conf:${line}`,
    );
    expect(ownersOfLine(next, line)).to.deep.equal({
      place: 'frame',
      ingresses: ['default/second'],
      server: null,
    });
  });

  it('are none that nginx has already, and none of services', async () => {
    const own = snippet('server { listen 0.0.0.0:@; }');
    const next = generation(`${own}\n${snippet('server { listen @; }', 'default/b')}`, ports.tcp);
    expect(await heldListens(next, generation(own, ports.tcp))).to.deep.equal([]);
    expect(await heldListens(next, next)).to.deep.equal([]);
    const service = '\n\t## start stream tcp_1\nserver { listen @; }\n\t## end stream tcp_1';
    expect(await heldListens(generation(service, ports.tcp), null)).to.deep.equal([]);
    const both = generation(`${service}\nserver { listen @; }`, ports.tcp);
    expect(await heldListens(both, null)).to.have.length(1);
    expect(await heldListens(generation('', 0), next)).to.deep.equal([]);
  });

  it('are not those that have just been given up', async () => {
    const passing = createServer().listen({ port: 0, host: '0.0.0.0' });
    await once(passing, 'listening');
    const { port } = passing.address() as AddressInfo;
    const asked = heldListens(generation(snippet('server { listen @; }'), port), null);
    setTimeout(() => passing.close(), 20);
    expect(await asked).to.deep.equal([]);
  });
});
