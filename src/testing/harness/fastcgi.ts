/** A FastCGI responder of a few lines: version 1, one request for each connection. It answers with its parameters, as JSON. */
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { Place } from './objects.ts';
import type { Stage } from './stage.ts';

const [END_REQUEST, PARAMS, STDIN, STDOUT] = [3, 4, 5, 6];

export type Params = Readonly<Record<string, string>>;

export async function startFastcgi(stage: Stage): Promise<Place> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    answer(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stage.defer(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { address: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

function answer(socket: Socket): void {
  socket.on('error', () => undefined);
  let data = Buffer.alloc(0);
  let params = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    data = Buffer.concat([data, chunk]);
    for (;;) {
      if (data.length < 8) return;
      const length = data.readUInt16BE(4);
      const end = 8 + length + data.readUInt8(6);
      if (data.length < end) return;
      const [type, content] = [data.readUInt8(1), data.subarray(8, 8 + length)];
      data = data.subarray(end);
      if (type === PARAMS) params = Buffer.concat([params, content]);
      if (type === STDIN && length === 0) {
        const body = `Content-Type: application/json\r\n\r\n${JSON.stringify(pairsIn(params))}`;
        socket.end(
          Buffer.concat([record(STDOUT, body), record(STDOUT, ''), record(END_REQUEST, '\0\0\0\0\0\0\0\0')]),
        );
      }
    }
  });
}

/** Of a name that comes twice, both values. */
function pairsIn(data: Buffer): Params {
  const found: Record<string, string> = {};
  for (let at = 0; at < data.length;) {
    const lengths: number[] = [];
    for (let count = 0; count < 2; count++) {
      const isLong = data.readUInt8(at) >= 0x80;
      lengths.push(isLong ? data.readUInt32BE(at) & 0x7fffffff : data.readUInt8(at));
      at += isLong ? 4 : 1;
    }
    const [name = 0, value = 0] = lengths;
    const key = data.toString('latin1', at, at + name);
    const text = data.toString('latin1', at + name, at + name + value);
    found[key] = key in found ? `${found[key]}|${text}` : text;
    at += name + value;
  }
  return found;
}

function record(type: number, text: string): Buffer {
  const content = Buffer.from(text, 'latin1');
  const head = Buffer.from([1, type, 0, 1, 0, 0, 0, 0]);
  head.writeUInt16BE(content.length, 4);
  return Buffer.concat([head, content]);
}
