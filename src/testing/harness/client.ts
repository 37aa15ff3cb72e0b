/** Requests as clients send them. Whether a connection is used again is up to the test: the default is a fresh one each time. */
import { Agent, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Echo } from './backend.ts';
import type { PairPem } from './objects.ts';

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  /** Of node:http or node:https; absent: a connection for this request alone. */
  readonly agent?: Agent;
  /** Milliseconds. */
  readonly timeout?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The answer of a harness backend. @throws when it is none; the message shows what came. */
  echo(): Echo;
}

interface Place {
  readonly port: number;
  readonly host: string;
  readonly path: string;
}

/** One request over plain HTTP to this machine, with `host` in its Host header. @throws when the connection breaks. */
export function requestHttp({ port, host, path }: Place, options: RequestOptions = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body, agent = new Agent({ keepAlive: false }) } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = httpRequest({
    host: '127.0.0.1',
    port,
    path,
    method,
    agent,
    headers: { host, ...lengthOf(body), ...headers },
    timeout: options.timeout ?? 30_000,
  });
  finish(sent, { resolve, reject, body });
  return promise;
}

export interface TlsOptions extends RequestOptions {
  /** Null: the client names no server. Default: the host. */
  readonly servername?: string | null;
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** The certificate that the client shows when it is asked for one. */
  readonly client?: PairPem | undefined;
}

export interface TlsAnswer extends Answer {
  readonly certificate: {
    readonly subject: Readonly<Record<string, unknown>>;
    readonly names: string;
    readonly fingerprint: string;
  };
  readonly protocol: string;
}

/** Like `requestHttp`, over TLS; the certificate is not verified but reported. */
export async function requestHttps(
  { port, host, path }: Place,
  options: TlsOptions = {},
): Promise<TlsAnswer> {
  const { method = 'GET', headers = {}, body, servername } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = httpsRequest({
    host: '127.0.0.1',
    port,
    path,
    method,
    agent: options.agent ?? false,
    headers: { host, ...lengthOf(body), ...headers },
    timeout: options.timeout ?? 30_000,
    rejectUnauthorized: false,
    servername: servername === null ? '' : (servername ?? host),
    ...(options.client === undefined ? {} : { cert: options.client.certificate, key: options.client.key }),
    ...(options.maxVersion === undefined ? {} : { maxVersion: options.maxVersion }),
  });
  let seen: Pick<TlsAnswer, 'certificate' | 'protocol'> | undefined;
  sent.on('socket', (socket) => {
    const tls = socket as TLSSocket;
    const look = () => {
      seen = { certificate: certificateOf(tls), protocol: tls.getProtocol() ?? '' };
    };
    tls.once('secureConnect', look);
  });
  finish(sent, { resolve, reject, body });
  const answer = await promise;
  if (seen === undefined) throw new Error('the connection was not new, so there was no handshake to look at');
  return { ...answer, ...seen };
}

export function certificateOf(socket: TLSSocket): TlsAnswer['certificate'] {
  const { subject, subjectaltname = '', fingerprint256 } = socket.getPeerCertificate();
  return { subject: { ...subject }, names: subjectaltname, fingerprint: fingerprint256 };
}

// For methods that usually have no body Node would send one without telling its length.
function lengthOf(body: string | Buffer | undefined): OutgoingHttpHeaders {
  return body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
}

interface Ending {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  readonly body: string | Buffer | undefined;
}

function finish(sent: ReturnType<typeof httpRequest>, { resolve, reject, body }: Ending): void {
  sent.on('error', reject);
  sent.on('timeout', () => sent.destroy(new Error(`no answer for a long time from ${sent.path}`)));
  sent.on('response', (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const status = response.statusCode ?? 0;
      resolve({ status, headers: response.headers, text, echo: () => parseEcho(status, text) });
    });
  });
  sent.end(body);
}

function parseEcho(status: number, text: string): Echo {
  try {
    // What the backends of this harness write.
    if (status === 200) return JSON.parse(text) as Echo;
  } catch {
    // Told below.
  }
  throw new Error(`not the answer of a backend: ${status} ${text.slice(0, 200)}`);
}

/** A connection whose bytes the test writes and reads itself. */
export interface RawConnection {
  readonly socket: Socket;
  write(text: string): void;
  /** Resolves to everything that has come, once it matches. */
  read(pattern: RegExp): Promise<string>;
  /** Resolves to everything when the other side closes. */
  rest(): Promise<string>;
  close(): void;
}

export async function openRaw(port: number, host = '127.0.0.1'): Promise<RawConnection> {
  const socket = connectTcp({ port, host });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('error', reject).once('connect', resolve);
  await promise;
  let text = '';
  let ended = false;
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  socket.on('error', () => socket.destroy());
  socket.on('data', (data) => {
    text += data.toString('latin1');
    tell();
  });
  socket.on('close', () => {
    ended = true;
    tell();
  });
  const when = (good: () => boolean): Promise<string> =>
    new Promise((done, failed) => {
      const timer = setTimeout(
        () => end(() => failed(new Error(`nothing more came after: ${text}`))),
        10_000,
      );
      const look = () => {
        if (good()) end(() => done(text));
        else if (ended) end(() => failed(new Error(`closed after: ${text}`)));
      };
      const end = (say: () => void) => {
        clearTimeout(timer);
        listeners.delete(look);
        say();
      };
      listeners.add(look);
      look();
    });
  return {
    socket,
    write: (part) => void socket.write(part, 'latin1'),
    read: (pattern) => when(() => pattern.test(text)),
    rest: () => when(() => ended),
    close: () => socket.destroy(),
  };
}

/** Sends a request exactly as written and resolves to all bytes of the answer; the request should close the connection. */
export async function exchange(port: number, text: string): Promise<string> {
  const connection = await openRaw(port);
  connection.write(text);
  try {
    return await connection.rest();
  } finally {
    connection.close();
  }
}
