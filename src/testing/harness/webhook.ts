/** The admission webhook as the API server talks to it. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { makePair } from './certificates.ts';
import { freePort } from './ports.ts';
import type { Stage } from './stage.ts';

export interface ReviewAnswer {
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: { readonly message: string; readonly code: number };
  readonly warnings?: readonly string[];
}

export interface ReviewOptions {
  readonly operation?: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly dryRun?: boolean;
}

export interface WebhookClient {
  readonly port: number;
  /** For the program. */
  readonly flags: readonly string[];
  /** Sends an object as it would come from `kubectl apply`. @throws when the answer is no review. */
  review(object: object, options?: ReviewOptions): Promise<ReviewAnswer>;
  /** Status and text of any body. */
  post(body: string | Buffer, headers?: Readonly<Record<string, string>>): Promise<RawAnswer>;
  close(): void;
}

export interface RawAnswer {
  readonly status: number;
  readonly text: string;
}

/** @param connections at most; each is used again, as the API server does it. */
export async function makeWebhookClient(stage: Stage, connections = 8): Promise<WebhookClient> {
  const pair = await makePair('localhost');
  const files = { certificate: join(stage.folder, 'webhook.pem'), key: join(stage.folder, 'webhook.key') };
  writeFileSync(files.certificate, pair.certificate);
  writeFileSync(files.key, pair.key);
  const port = await freePort();
  const agent = new Agent({ keepAlive: true, maxSockets: connections });

  function post(body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const path = '/networking/v1/ingresses?timeout=10s';
      const target = { host: '127.0.0.1', port, path, agent, rejectUnauthorized: false };
      const sent = request({ ...target, method: 'POST', headers });
      sent.once('error', reject);
      sent.once('response', (response: IncomingMessage) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        );
      });
      sent.end(body);
    });
  }

  return {
    port,
    flags: [
      `--validating-webhook=127.0.0.1:${port}`,
      `--validating-webhook-certificate=${files.certificate}`,
      `--validating-webhook-key=${files.key}`,
    ],
    post,
    async review(object, options = {}) {
      const { status, text } = await post(JSON.stringify(reviewOf(object, options)));
      if (status !== 200) throw new Error(`the webhook answers ${status}: ${text}`);
      return (JSON.parse(text) as { readonly response: ReviewAnswer }).response;
    },
    close: () => agent.destroy(),
  };
}

export function reviewOf(object: object, { operation = 'CREATE', dryRun = false }: ReviewOptions = {}) {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: randomUUID(),
      kind: { group: 'networking.k8s.io', version: 'v1', kind: 'Ingress' },
      resource: { group: 'networking.k8s.io', version: 'v1', resource: 'ingresses' },
      operation,
      userInfo: { username: 'tenant' },
      object,
      oldObject: null,
      dryRun,
    },
  };
}
