/** A small DNS server with a zone in memory, over UDP and TCP on port 53 of an address of its own. */
import { createSocket } from 'node:dgram';
import type { Socket as UdpSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { Server } from 'node:net';

export interface DnsRecord {
  readonly type: 'A' | 'AAAA' | 'CNAME';
  /** An address, or a name. IPv6 in eight groups. */
  readonly value: string;
  /** Seconds; default 300. */
  readonly ttl?: number;
}

export interface DnsServer {
  readonly address: string;
  /** Replaces all records of a name; none: no such name. CNAME records come before what they lead to. */
  set(name: string, ...records: readonly DnsRecord[]): void;
  /** Whether answers over UDP are cut. */
  truncate(on: boolean): void;
  /** Whether everything is answered with "server failure". */
  fail(on: boolean): void;
  /** Queries for a name, over `udp` or `tcp`. */
  queries(name: string, transport: 'udp' | 'tcp'): number;
  close(): Promise<void>;
}

const TYPES = { A: 1, CNAME: 5, AAAA: 28 } as const;
const NO_SUCH_NAME = 3;
const SERVER_FAILURE = 2;

interface State {
  readonly zone: Map<string, readonly DnsRecord[]>;
  readonly counts: Map<string, number>;
  truncated: boolean;
  failing: boolean;
}

export async function startDns(address: string): Promise<DnsServer> {
  const state: State = { zone: new Map(), counts: new Map(), truncated: false, failing: false };
  const udp = await listenUdp(address, state);
  const tcp = await listenTcp(address, state);
  return {
    address,
    set: (name, ...records) => void state.zone.set(name, records),
    truncate: (on) => {
      state.truncated = on;
    },
    fail: (on) => {
      state.failing = on;
    },
    queries: (name, transport) => state.counts.get(`${transport} ${name}`) ?? 0,
    async close() {
      await new Promise<void>((resolve) => void udp.close(() => resolve()));
      await new Promise<void>((resolve) => void tcp.close(() => resolve()));
    },
  };
}

async function listenUdp(address: string, state: State): Promise<UdpSocket> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    socket.send(answer(query, state, 'udp'), from.port, from.address);
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('error', reject).bind(53, address, resolve);
  await promise;
  return socket;
}

async function listenTcp(address: string, state: State): Promise<Server> {
  const server = createServer((socket) => {
    let data = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      data = Buffer.concat([data, chunk]);
      if (data.length < 2 || data.length < 2 + data.readUInt16BE(0)) return;
      const reply = answer(data.subarray(2), state, 'tcp');
      socket.end(Buffer.concat([word(reply.length), reply]));
    });
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(53, address, resolve);
  await promise;
  return server;
}

/** RFC 1035, as far as one question about addresses needs it. */
function answer(query: Buffer, state: State, transport: 'udp' | 'tcp'): Buffer {
  const { name, end } = readName(query);
  const wanted = query.readUInt16BE(end);
  const key = `${transport} ${name}`;
  state.counts.set(key, (state.counts.get(key) ?? 0) + 1);
  const cut = transport === 'udp' && state.truncated;
  const found = state.zone.get(name) ?? [];
  const code = state.failing ? SERVER_FAILURE : found.length === 0 ? NO_SUCH_NAME : 0;
  const records =
    cut || code !== 0 ? [] : found.filter(({ type }) => type === 'CNAME' || TYPES[type] === wanted);
  // An answer, recursion desired and available.
  const flags = 0x8180 | (cut ? 0x0200 : 0) | code;
  const question = query.subarray(12, end + 4);
  let owner = name;
  const answers = records.map((record) => {
    const encoded = encode(owner, record);
    if (record.type === 'CNAME') owner = record.value;
    return encoded;
  });
  const header = [query.subarray(0, 2), ...[flags, 1, answers.length, 0, 0].map(word)];
  return Buffer.concat([...header, question, ...answers]);
}

function readName(query: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

function encode(owner: string, { type, value, ttl = 300 }: DnsRecord): Buffer {
  const data = dataOf(type, value);
  return Buffer.concat([
    nameOf(owner),
    word(TYPES[type]),
    word(1),
    word(0),
    word(ttl),
    word(data.length),
    data,
  ]);
}

function dataOf(type: DnsRecord['type'], value: string): Buffer {
  switch (type) {
    case 'A':
      return Buffer.from(value.split('.').map(Number));
    case 'AAAA':
      return Buffer.concat(value.split(':').map((group) => word(Number.parseInt(group, 16))));
    case 'CNAME':
      return nameOf(value);
  }
}

function nameOf(name: string): Buffer {
  const labels = name
    .split('.')
    .map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, 'latin1'));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function word(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16BE(value);
  return buffer;
}
