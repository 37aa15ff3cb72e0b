/** An OCSP responder (RFC 6960): that of OpenSSL, which answers for one authority. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import type { PairPem } from './objects.ts';
import { eventually } from './poll.ts';
import { freePort } from './ports.ts';

export interface Responder {
  /** How often it has been asked. */
  asked(): number;
  close(): Promise<void>;
}

export interface ResponderOptions {
  /** Where its files may lie. */
  readonly folder: string;
  readonly authority: PairPem;
  readonly port: number;
  readonly good: readonly PairPem[];
  readonly revoked: readonly PairPem[];
}

/** Listens on all addresses of the port. */
export async function startResponder(options: ResponderOptions): Promise<Responder> {
  const inner = await startOpenssl(options);
  let asked = 0;
  const front = createServer((client) => {
    asked++;
    const server = connect(inner.port, '127.0.0.1');
    for (const socket of [client, server]) socket.on('error', () => undefined);
    client.pipe(server).pipe(client);
  });
  front.listen(options.port);
  await once(front, 'listening');
  return {
    asked: () => asked,
    async close() {
      front.close();
      await inner.close();
    },
  };
}

async function startOpenssl(options: ResponderOptions) {
  const { folder, authority } = options;
  const port = await freePort();
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const certificate = file('responder.pem', authority.certificate);
  const key = file('responder.key', authority.key);
  const index = file('index.txt', indexOf(options));
  const words = `ocsp -port ${port} -index ${index} -CA ${certificate} -rsigner ${certificate} -rkey ${key} -ndays 1`;
  const child = spawn('openssl', words.split(' '), { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  await eventually(() => {
    if (!output.includes('waiting for OCSP')) throw new Error(`the responder does not listen: ${output}`);
  });
  return {
    port,
    async close() {
      if (child.exitCode !== null) throw new Error(`the responder has ended: ${output}`);
      const exit = once(child, 'exit');
      child.kill();
      await exit;
    },
  };
}

/** The database of certificates, as `openssl ca` writes it. */
function indexOf({ good, revoked }: Pick<ResponderOptions, 'good' | 'revoked'>): string {
  const line = (state: string, { certificate }: PairPem) => {
    const serial = new x509.X509Certificate(certificate).serialNumber.toUpperCase();
    return `${state}\t${serial}\tunknown\t/CN=${serial}\n`;
  };
  const end = '401231235959Z';
  return [
    ...good.map((pair) => line(`V\t${end}\t`, pair)),
    ...revoked.map((pair) => line(`R\t${end}\t260101000000Z`, pair)),
  ].join('');
}
