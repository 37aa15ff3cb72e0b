import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { createHeldPorts } from './held-ports.ts';

describe('held ports', () => {
  const again: string[] = [];
  const held = createHeldPorts({ ipv6: false, again: (why) => again.push(why), pause: 1 });
  const tcp = createServer();
  const udp = createSocket('udp4');
  before(async () => {
    tcp.listen({ port: 0, host: '127.0.0.1' });
    udp.bind({ port: 0, address: '127.0.0.1' });
    await Promise.all([once(tcp, 'listening'), once(udp, 'listening')]);
  });
  after(() => {
    tcp.close();
    udp.close();
  });
  const portOfTcp = () => (tcp.address() as AddressInfo).port;

  it('are those of other processes, by protocol, and another sync is asked for', async () => {
    const ports = [`tcp ${portOfTcp()}`, `udp ${udp.address().port}`];
    const found = await held.find(ports, new Set());
    expect([...found]).to.deep.equal(ports.map((port) => [port, 'another process has it']));
    for (let turns = 0; again.length === 0 && turns < 1000; turns++)
      await new Promise((resolve) => setTimeout(resolve, 1));
    expect(again).to.deep.equal(['ports that were held']);
  });

  it('are not tried again at each question', async () => {
    const patient = createHeldPorts({ ipv6: false, again: () => undefined, pause: 60_000 });
    const server = createServer().listen({ port: 0 });
    await once(server, 'listening');
    const port = `tcp ${(server.address() as AddressInfo).port}`;
    const ask = async () => [...(await patient.find([port], new Set()))];
    const found = await ask();
    expect(found).to.deep.equal([[port, 'another process has it']]);
    await new Promise((resolve) => server.close(resolve));
    expect(await ask()).to.deep.equal(found);
    // As if it had been removed meanwhile.
    await patient.find([], new Set());
    expect(await ask()).to.deep.equal([]);
  });

  it('are none of ours, and none that are free', async () => {
    const port = `tcp ${portOfTcp()}`;
    expect([...(await held.find([port], new Set([port])))]).to.deep.equal([]);
    const free = createServer().listen({ port: 0 });
    await once(free, 'listening');
    const { port: number } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    expect([...(await held.find([`tcp ${number}`, `udp ${number}`], new Set()))]).to.deep.equal([]);
  });
});
