/** The ways in which clients send requests: over kept connections, over HTTP/2, over a new connection each. */
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { ClientRequest, RequestOptions } from 'node:http';
import { connect } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { TLSSocket, createSecureContext } from 'node:tls';

export interface LoadTarget {
  readonly http: number;
  readonly https: number;
  readonly host: string;
}

export type Attempt =
  | { readonly kind: 'answered'; readonly status: number; readonly text: string }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      /**
       * `mayRepeat`: nothing of an answer had come on a connection that had served before, or the server said that it had not
       * begun. A client sends an idempotent request again then (RFC 9110 section 9.2.2, RFC 9113 section 8.7).
       */
      readonly verdict: 'mayRepeat' | 'lost';
    };

export interface Way {
  readonly name: string;
  /** Which connection it takes is up to the way. */
  send(path: string): Promise<Attempt>;
  /** Over a connection of its own. */
  sendFresh(path: string): Promise<Attempt>;
  close(): void;
}

const PATIENCE = 30_000;
/** Of each way at one time. Requests beyond wait for one: a slow machine must not be given handshakes in place of requests. */
const CONNECTIONS = 60;
/** One for all connections: each of its own would read all authorities of the system. */
export const secureContext = createSecureContext();

const plainOptions = ({ http, host }: LoadTarget): RequestOptions => ({
  host: '127.0.0.1',
  port: http,
  headers: { host },
});

const tlsOptions = ({ https, host }: LoadTarget) => ({
  host: '127.0.0.1',
  port: https,
  headers: { host },
  servername: host,
  rejectUnauthorized: false,
  secureContext,
});

export function newConnections(target: LoadTarget): Way {
  const served = new WeakSet<Socket>();
  const agent = new HttpAgent({ maxSockets: CONNECTIONS });
  const send = (path: string) =>
    ask(httpRequest({ ...plainOptions(target), path, agent }), target.host, served);
  return { name: 'new connection', send, sendFresh: send, close: () => agent.destroy() };
}

export function newTlsConnections(target: LoadTarget): Way {
  // Whole handshakes, so that each of them needs the certificate.
  const served = new WeakSet<Socket>();
  const agent = new HttpsAgent({ maxSockets: CONNECTIONS, maxCachedSessions: 0 });
  const send = (path: string) =>
    ask(httpsRequest({ ...tlsOptions(target), path, agent }), target.host, served);
  return { name: 'new TLS connection', send, sendFresh: send, close: () => agent.destroy() };
}

export function keptConnections(target: LoadTarget): Way {
  // Fifo: all connections are used by turns, so that many are idle for a while.
  const served = new WeakSet<Socket>();
  const agent = new HttpAgent({ keepAlive: true, scheduling: 'fifo', maxSockets: CONNECTIONS });
  const fresh = newConnections(target);
  return {
    name: 'HTTP/1.1 keepalive',
    send: (path) => ask(httpRequest({ ...plainOptions(target), path, agent }), target.host, served),
    sendFresh: fresh.send,
    close() {
      agent.destroy();
      fresh.close();
    },
  };
}

export function keptTlsConnections(target: LoadTarget): Way {
  const served = new WeakSet<Socket>();
  const agent = new HttpsAgent({ keepAlive: true, scheduling: 'fifo', maxSockets: CONNECTIONS });
  const fresh = newTlsConnections(target);
  return {
    name: 'HTTP/1.1 keepalive, TLS',
    send: (path) => ask(httpsRequest({ ...tlsOptions(target), path, agent }), target.host, served),
    sendFresh: fresh.send,
    close() {
      agent.destroy();
      fresh.close();
    },
  };
}

/** @param served connections over which an answer has come. */
function ask(sent: ClientRequest, host: string, served: WeakSet<Socket>): Promise<Attempt> {
  return new Promise((resolve) => {
    let begun = false;
    // What Node says of it (`reusedSocket`) is wrong for requests that waited for the connection.
    let reused = false;
    let connection: Socket | null = null;
    const fail = (reason: string) =>
      resolve({ kind: 'failed', reason, verdict: reused && !begun ? 'mayRepeat' : 'lost' });
    sent.on('socket', (socket) => {
      connection = socket;
      reused = served.has(socket);
    });
    sent.setTimeout(PATIENCE, () => sent.destroy(new Error('no answer')));
    sent.on('error', (error) => fail(reasonOf(error)));
    sent.on('response', (response) => {
      begun = true;
      const stranger = strangerOf(response.socket, host);
      let text = '';
      response.on('data', (data: Buffer) => (text += data.toString()));
      response.on('error', (error) => fail(`in the answer: ${reasonOf(error)}`));
      response.on('end', () => {
        if (!response.complete) return fail('the answer is cut short');
        if (connection !== null) served.add(connection);
        if (stranger !== null) return fail(stranger);
        resolve({ kind: 'answered', status: response.statusCode ?? 0, text });
      });
    });
    sent.end();
  });
}

/** What is wrong with the certificate that was shown, or null. A session that was resumed has none. */
function strangerOf(socket: unknown, host: string): string | null {
  if (!(socket instanceof TLSSocket)) return null;
  const shown = socket.getPeerCertificate().subject?.CN;
  return shown === undefined || shown === host ? null : `certificate of ${shown}`;
}

function reasonOf(error: Error): string {
  return 'code' in error ? `${String(error.code)} ${error.message}` : error.message;
}

/** Sessions that are used by turns; one that the server asks to leave is replaced at the next request. */
export function http2Sessions(target: LoadTarget, count: number): Way {
  const pool: (Session | undefined)[] = Array.from({ length: count }, () => undefined);
  let next = 0;
  return {
    name: 'HTTP/2',
    send(path) {
      const slot = next++ % count;
      const known = pool[slot];
      const session = known?.usable() === true ? known : openSession(target);
      pool[slot] = session;
      return session.send(path);
    },
    async sendFresh(path) {
      const session = openSession(target);
      const attempt = await session.send(path);
      session.close();
      return attempt;
    },
    close() {
      for (const session of pool) session?.close();
    },
  };
}

interface Session {
  usable(): boolean;
  send(path: string): Promise<Attempt>;
  close(): void;
}

function openSession(target: LoadTarget): Session {
  const session = connect(`https://${target.host}:${target.https}`, {
    host: '127.0.0.1',
    servername: target.host,
    rejectUnauthorized: false,
    secureContext,
  });
  let served = false;
  let stranger: string | null = null;
  session.on('connect', (_, socket) => (stranger = strangerOf(socket, target.host)));
  // Each stream tells its own.
  session.on('error', () => undefined);
  return {
    usable: () => !session.closed && !session.destroyed,
    async send(path) {
      const attempt = await askStream(session, target, path);
      if (attempt.kind === 'answered') {
        served = true;
        return stranger === null ? attempt : { kind: 'failed', reason: stranger, verdict: 'lost' };
      }
      // Whatever the server had not begun it says so of, even on a connection that is new.
      const refused = /REFUSED_STREAM|GOAWAY/.test(attempt.reason);
      return served || refused ? attempt : { ...attempt, verdict: 'lost' };
    },
    close: () => void session.close(),
  };
}

function askStream(session: ClientHttp2Session, { host }: LoadTarget, path: string): Promise<Attempt> {
  return new Promise((resolve) => {
    let status = 0;
    let text = '';
    const fail = (reason: string) =>
      resolve({ kind: 'failed', reason, verdict: status === 0 ? 'mayRepeat' : 'lost' });
    const stream = session.request({ ':path': path, ':authority': host });
    stream.setTimeout(PATIENCE, () => stream.destroy(new Error('no answer')));
    stream.on('response', (headers) => (status = headers[':status'] ?? 0));
    stream.on('data', (data: Buffer) => (text += data.toString()));
    stream.on('error', (error) => fail(reasonOf(error)));
    stream.on('close', () => {
      // After an error nothing of this counts any more. A session can also end without an error of its streams.
      if (status !== 0 && stream.readableEnded) resolve({ kind: 'answered', status, text });
      else fail(`closed with code ${stream.rstCode}`);
    });
    stream.end();
  });
}
