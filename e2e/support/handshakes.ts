/** A steady stream of HTTPS requests that remembers which certificate each of them was shown. */
import { Agent, request } from 'node:https';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { setTimeout } from 'node:timers/promises';
import { nodeAddress, nodePort } from './controller.ts';

export interface HandshakeOptions {
  readonly host: string;
  /** Clients that keep their connection, and clients that make a handshake for each request. */
  readonly clients: { readonly keepalive: number; readonly fresh: number };
  /** Milliseconds that a client rests between two requests. */
  readonly pause: number;
}

export interface HandshakeResult {
  readonly sent: number;
  /** Each with its time since the start, the kind of client and the reason. */
  readonly failures: readonly string[];
  /** SHA-256 fingerprints, for each client that makes new connections in the order in which it saw them. */
  readonly fresh: readonly (readonly string[])[];
  /** The same, one for each request, for clients that keep their connection. */
  readonly kept: readonly (readonly string[])[];
}

export interface Handshakes {
  stop(): Promise<HandshakeResult>;
}

type Kind = keyof HandshakeOptions['clients'];

export async function startHandshakes({ host, clients, pause }: HandshakeOptions): Promise<Handshakes> {
  const port = await nodePort('https');
  const stopping = new AbortController();
  const failures: string[] = [];
  const started = performance.now();
  let sent = 0;

  async function run(kind: Kind): Promise<readonly string[]> {
    const seen: string[] = [];
    // A session that is resumed shows no certificate.
    const agent = new Agent({ keepAlive: kind === 'keepalive', maxSockets: 1, maxCachedSessions: 0 });
    while (!stopping.signal.aborted) {
      sent++;
      try {
        seen.push(await fingerprint({ host, port, agent }));
      } catch (error) {
        const seconds = ((performance.now() - started) / 1000).toFixed(2);
        failures.push(`${seconds} s, ${kind}: ${String(error)}`);
      }
      await setTimeout(pause);
    }
    agent.destroy();
    return seen;
  }

  const start = (kind: Kind) => Promise.all(Array.from({ length: clients[kind] }, () => run(kind)));
  const running = [start('fresh'), start('keepalive')] as const;
  return {
    async stop() {
      stopping.abort();
      const [fresh, kept] = await Promise.all(running);
      return { sent, failures, fresh, kept };
    },
  };
}

export interface Handshake {
  readonly host: string;
  readonly port: number;
  readonly agent: Agent | false;
}

/** Of the certificate that the connection of one request was made with. @throws when the answer is not 200. */
export function fingerprint({ host, port, agent }: Handshake): Promise<string> {
  return new Promise((resolve, reject) => {
    const target = { host: nodeAddress(), port, servername: host, headers: { host } };
    const sent = request({ ...target, agent, rejectUnauthorized: false, timeout: 5000 }, (response) => {
      const { fingerprint256 } = (response.socket as TLSSocket).getPeerCertificate();
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(fingerprint256);
        else reject(new Error(`status ${response.statusCode}`));
      });
      response.resume();
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer for 5 s')));
    sent.on('error', reject);
    sent.end();
  });
}

/** Fingerprint of the certificate that is shown for a name, whoever answers. */
export function certificateOf(name: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: nodeAddress(), port, servername: name, rejectUnauthorized: false });
    socket.setTimeout(5000, () => socket.destroy(new Error('no answer for 5 s')));
    socket.on('error', reject);
    socket.on('secureConnect', () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
  });
}
