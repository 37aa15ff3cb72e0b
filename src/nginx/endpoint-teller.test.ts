import { expect } from 'chai';
import { createSocket } from 'node:dgram';
import { setTimeout } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { decode, encode } from 'dns-packet';
import { silentLogger } from '../lib/log.ts';
import type { Logger } from '../lib/log.ts';
import { eventually } from '../testing/harness/poll.ts';
import { startEndpointTeller } from './endpoint-teller.ts';
import type { EndpointTeller } from './endpoint-teller.ts';

/** Resolves to the IPv4 addresses of a name, or null for an unknown one. @throws when nobody answers within 300 ms. */
async function addresses(port: number, name: string): Promise<readonly string[] | null> {
  const socket = createSocket('udp4');
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  socket.once('message', resolve).once('error', reject);
  const questions = [{ type: 'A', class: 'IN', name }] as const;
  socket.send(encode({ id: 1, type: 'query', questions: [...questions] }), port, '127.0.0.1');
  const late = setTimeout(300).then(() => {
    throw new Error('no answer');
  });
  try {
    const { flags = 0, answers = [] } = decode(await Promise.race([promise, late]));
    if ((flags & 0xf) !== 0) return null;
    return answers.flatMap((answer) => (answer.type === 'A' ? answer.data : [])).sort();
  } finally {
    socket.close();
  }
}

describe('the teller of endpoints', () => {
  const threads: Worker[] = [];
  const remember = (thread: Worker) => threads.push(thread);
  const errors: string[] = [];
  const log: Logger = { ...silentLogger, error: (message) => errors.push(message) };
  let teller: EndpointTeller;

  before(() => process.on('worker', remember));
  after(() => process.off('worker', remember));
  beforeEach(async () => {
    threads.length = 0;
    errors.length = 0;
    teller = await startEndpointTeller({ log });
  });
  afterEach(() => teller.close());

  const tell = (names: Readonly<Record<string, readonly string[]>>, unused: 'keep' | 'remove' = 'keep') =>
    teller.tell(new Map(Object.entries(names)), { unused });

  it('is known when it says so', async () => {
    for (let index = 1; index <= 20; index++) {
      await tell({ a: [`10.0.0.${index}`] });
      expect(await addresses(teller.port, 'a')).to.deep.equal([`10.0.0.${index}`]);
    }
    expect(await addresses(teller.port, 'b')).to.equal(null);
  });

  it('keeps what is not among the names until it shall not', async () => {
    await tell({ a: ['10.0.0.1'], b: ['10.0.0.2'] });
    await tell({ b: ['10.0.0.3'] });
    expect(await addresses(teller.port, 'a')).to.deep.equal(['10.0.0.1']);
    expect(await addresses(teller.port, 'b')).to.deep.equal(['10.0.0.3']);
    await tell({ b: ['10.0.0.3'] }, 'remove');
    expect(await addresses(teller.port, 'a')).to.equal(null);
    expect(await addresses(teller.port, 'b')).to.deep.equal(['10.0.0.3']);
  });

  it('has another thread when one ends, on the same port and with what is known', async () => {
    await tell({ a: ['10.0.0.1'] });
    for (let round = 1; round <= 2; round++) {
      await threads.at(-1)?.terminate();
      // There is none now, or one that begins.
      await tell({ b: [`10.0.0.${round}`] });
      await eventually(async () =>
        expect(await addresses(teller.port, 'b')).to.deep.equal([`10.0.0.${round}`]),
      );
      expect(await addresses(teller.port, 'a')).to.deep.equal(['10.0.0.1']);
      expect(threads).to.have.length(round + 1);
      expect(errors).to.have.length(round);
    }
    expect(errors[0]).to.match(/has ended; it is started again/);
  });

  it('tries again while its port is taken', async () => {
    const holder = createSocket('udp4');
    await threads[0]?.terminate();
    await new Promise<void>((resolve) =>
      holder.bind({ port: teller.port, address: '127.0.0.1', exclusive: true }, resolve),
    );
    await eventually(() => expect(threads.length).to.be.greaterThan(2));
    await new Promise<void>((resolve) => holder.close(resolve));
    await tell({ a: ['10.0.0.1'] });
    await eventually(async () => expect(await addresses(teller.port, 'a')).to.deep.equal(['10.0.0.1']));
  });

  it('outlives what is no question', async () => {
    await tell({ a: ['10.0.0.1'] });
    const socket = createSocket('udp4');
    for (const bytes of [Buffer.alloc(1), Buffer.alloc(12, 255), Buffer.alloc(9000, 7)])
      await new Promise((resolve) => socket.send(bytes, teller.port, '127.0.0.1', resolve));
    socket.close();
    expect(await addresses(teller.port, 'a')).to.deep.equal(['10.0.0.1']);
    expect(threads).to.have.length(1);
  });

  it('starts no thread when it has been closed', async () => {
    await teller.close();
    await setTimeout(50);
    expect(threads).to.have.length(1);
    expect(errors).to.deep.equal([]);
  });
});
