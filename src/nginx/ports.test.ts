import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { expect } from 'chai';
import { assertPortsFree } from './ports.ts';

async function listen(port = 0): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

// A server on a TCP port has this form of address.
const portOf = (server: Server) => (server.address() as AddressInfo).port;

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}

async function freePort(): Promise<number> {
  const server = await listen();
  const port = portOf(server);
  await close(server);
  return port;
}

const failure = (wanted: Parameters<typeof assertPortsFree>[0]) =>
  assertPortsFree(wanted).then(
    () => '',
    (error: unknown) => String(error),
  );

describe('ports', () => {
  it('can be had when they are free, and are free afterwards', async () => {
    const port = await freePort();
    const wanted = [{ flag: 'http-port', port, host: '127.0.0.1' }];
    expect(await failure(wanted)).to.equal('');
    expect(await failure(wanted)).to.equal('');
    expect(await failure([{ flag: 'http-port', port }])).to.equal('');
    await close(await listen(port));
  });

  it('are refused with the flag when somebody listens there', async () => {
    const other = await listen();
    const port = portOf(other);
    const message = await failure([{ flag: 'https-port', port, host: '127.0.0.1' }]);
    await close(other);
    expect(message).to.include(`port ${port} is already in use`).and.include('--https-port');
  });

  it('are refused with both flags when two name the same', async () => {
    const port = await freePort();
    const message = await failure([
      { flag: 'http-port', port, host: '127.0.0.1' },
      { flag: 'status-port', port, host: '127.0.0.1' },
    ]);
    expect(message).to.include(`--http-port and --status-port name the same port ${port}`);
  });

  it('are refused with the flag for an address that is not ours', async () => {
    const message = await failure([{ flag: 'healthz-port', port: await freePort(), host: '192.0.2.1' }]);
    expect(message).to.include('--healthz-port');
  });
});
