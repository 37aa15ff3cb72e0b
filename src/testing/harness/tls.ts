/** TLS connections of which a test looks at the handshake or the session. */
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';

export type TlsVersion = 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

export function only(version: TlsVersion): ConnectionOptions {
  return { minVersion: version, maxVersion: version };
}

export function openTls(port: number, options: ConnectionOptions): TLSSocket {
  return connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
}

/** Resolves when the handshake is done. */
export function handshake(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = openTls(port, options);
  socket.once('error', reject);
  socket.once('secureConnect', () => resolve(socket));
  return promise;
}

/** Everything that comes as the answer to a request for `/` of this host, on a connection that ends with it. */
export async function askOnce(socket: TLSSocket, host: string): Promise<string> {
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

/** A session that the server would resume: of TLS 1.2 it is there with the handshake, of TLS 1.3 it follows. */
export async function sessionOf(
  port: number,
  options: ConnectionOptions & { readonly servername: string },
): Promise<Buffer> {
  const socket = openTls(port, options);
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  socket.once('error', reject).once('session', resolve);
  await askOnce(socket, options.servername);
  return promise;
}
