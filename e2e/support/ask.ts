/** Many requests, each over a connection of its own, without a process for each. */
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { nodeAddress, nodePort } from './controller.ts';
import { lasting } from './kubectl.ts';

export interface Reply {
  readonly status: number;
  readonly location: string;
  /** The Service of the pod that answered; empty when none did. */
  readonly service: string;
  readonly pod: string;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
  readonly cookies: readonly string[];
  /** Common name of the certificate; empty over plain HTTP. */
  readonly certificate: string;
}

export interface Question {
  readonly host: string;
  readonly path?: string;
  /** Default: GET. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Name in the TLS handshake; default: the host. */
  readonly servername?: string;
  /** PEM of who must have signed the certificate, which must be for that name; default: any certificate will do. */
  readonly authority?: string;
}

export interface Asker {
  http(question: Question): Promise<Reply>;
  https(question: Question): Promise<Reply>;
  /** Asks over HTTP until this Service answers, or this status comes, from all workers. */
  until(question: Question, wanted: string | number): Promise<Reply>;
}

export async function createAsker(): Promise<Asker> {
  const ports = { http: await nodePort('http'), https: await nodePort('https') };
  const http = (question: Question) =>
    ask(httpRequest({ ...target(question, ports.http), agent: false, timeout: 5000 }));
  return {
    http,
    https(question) {
      const servername = question.servername ?? question.host;
      const { authority } = question;
      const trust = authority === undefined ? { rejectUnauthorized: false } : { ca: authority };
      const options = { ...target(question, ports.https), servername, ...trust };
      return ask(httpsRequest({ ...options, agent: false, timeout: 5000 }));
    },
    until: (question, wanted) =>
      lasting(`${wanted} from ${question.host}${question.path ?? '/'}`, async () => {
        const reply = await http(question);
        return reply.service === wanted || reply.status === wanted ? reply : null;
      }),
  };
}

function target({ host, path = '/', method = 'GET', headers = {} }: Question, port: number) {
  return { host: nodeAddress(), port, path, method, headers: { host, ...headers } };
}

function ask(sent: ReturnType<typeof httpRequest>): Promise<Reply> {
  return new Promise((resolve, reject) => {
    let certificate = '';
    sent.on('socket', (socket) => {
      socket.once('secureConnect', () => {
        certificate = String((socket as TLSSocket).getPeerCertificate().subject.CN);
      });
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer for 5 s')));
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve(replyOf(response, Buffer.concat(chunks).toString(), certificate)));
    });
    sent.end();
  });
}

function replyOf({ statusCode = 0, headers }: IncomingMessage, body: string, certificate: string): Reply {
  const pod = /^Hostname: (\S+)/.exec(body)?.[1] ?? '';
  return {
    status: statusCode,
    location: headers.location ?? '',
    // A Deployment adds two parts to its name.
    service: pod.replace(/-[^-]+-[^-]+$/, ''),
    pod,
    body,
    headers,
    cookies: headers['set-cookie'] ?? [],
    certificate,
  };
}

/** What the pod that answered says about the request, by the names that it uses: `method`, `real path`, `host`. */
export function seenByPod({ body }: Reply, name: string): string {
  const line = body.split('\n').find((entry) => entry.trim().startsWith(`${name}=`));
  return line === undefined ? '' : line.trim().slice(name.length + 1);
}
