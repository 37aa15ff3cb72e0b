import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { freePort } from './ports.ts';

export interface MutePlace {
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

// Its loop stands still once it listens, so that nothing is ever accepted.
const LISTENER = `
  const { parentPort, workerData } = require('node:worker_threads');
  require('node:net').createServer().listen({ port: workerData, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage('listens');
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  });
`;

/** An address that answers a new connection with nothing, as that of a pod which is gone: its queue of connections is full. */
export async function openMutePlace(): Promise<MutePlace> {
  const port = await freePort();
  const worker = new Worker(LISTENER, { eval: true, workerData: port });
  await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  const sockets: Socket[] = [];
  do sockets.push(connect({ port, host: '127.0.0.1' }));
  while (await isConnected(sockets.at(-1)));
  return {
    address: '127.0.0.1',
    port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await worker.terminate();
    },
  };
}

function isConnected(socket: Socket | undefined): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(false), 500);
    socket?.on('error', reject);
    socket?.once('connect', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
