/** The webhook over real TLS. */
import { readdirSync, utimesSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { connect } from 'node:tls';
import { expect } from 'chai';
import { silentLogger } from '../lib/log.ts';
import type { Logger } from '../lib/log.ts';
import { slim } from '../source/kube/slim.ts';
import { examplePair, renewedPair } from '../testing/builders/certificates.ts';
import type { KeyPair } from '../testing/builders/certificates.ts';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';
import { candidate } from '../testing/builders/judge.ts';
import { eventually } from '../testing/fake-api/support.ts';
import type { Ingress } from '../source/objects.ts';
import type { Verdict } from './review.ts';
import { makeAuthority } from '../testing/harness/certificates.ts';
import { startAdmissionServer } from './server.ts';
import type { AdmissionServer } from './server.ts';

const ALLOWED: Verdict = { allowed: true, message: '', warnings: [] };
const MIB = 2 ** 20;

function reviewOf(object: unknown): string {
  const kind = { group: 'networking.k8s.io', version: 'v1', kind: 'Ingress' };
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid: 'u1', kind, object },
  });
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

describe('admission server', () => {
  let folder: Folder;
  let server: AdmissionServer;
  let judge: (candidate: Ingress) => Promise<Verdict>;
  const lines: string[] = [];
  const log: Logger = {
    ...silentLogger,
    info: (message) => lines.push(message),
    error: (message) => lines.push(message),
  };

  async function writePair({ certificate, key }: KeyPair): Promise<void> {
    await writeFile(folder.file('cert'), certificate);
    await writeFile(folder.file('key'), key);
  }

  beforeEach(async () => {
    lines.length = 0;
    judge = async () => ALLOWED;
    folder = await makeFolder();
    await writePair(examplePair);
    server = await startAdmissionServer({
      host: '127.0.0.1',
      port: 0,
      certificate: folder.file('cert'),
      key: folder.file('key'),
      clientAuthority: '',
      log,
      judge: (object) => judge(object),
      readIngress(raw) {
        const object = slim('Ingress', raw);
        return typeof object === 'object' && object.kind === 'Ingress' ? object : null;
      },
      ...quick,
    });
  });
  afterEach(async () => {
    await server.close();
    await folder.remove();
  });

  function open(
    path = '/networking/v1/ingresses',
    headers = {},
  ): { readonly sent: ClientRequest; readonly answer: Promise<Answer> } {
    const sent = request({
      host: '127.0.0.1',
      port: server.port,
      path,
      method: 'POST',
      headers,
      ca: examplePair.certificate,
      servername: 'localhost',
      agent: false,
    });
    const answer = new Promise<Answer>((resolve, reject) => {
      sent.once('error', reject);
      sent.once('response', (message: IncomingMessage) => {
        const chunks: Buffer[] = [];
        message.on('data', (chunk: Buffer) => chunks.push(chunk));
        message.once('end', () =>
          resolve({ status: message.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        );
        message.once('error', reject);
      });
    });
    return { sent, answer };
  }

  function post(body: string | Buffer, path?: string, headers?: object): Promise<Answer> {
    const { sent, answer } = open(path, headers);
    sent.end(body);
    return answer;
  }

  it('answers on any path', async () => {
    for (const path of ['/networking/v1/ingresses', '/', '/else?timeout=10s']) {
      const { status, text } = await post(reviewOf(candidate()), path);
      expect(status).to.equal(200);
      expect(JSON.parse(text)).to.have.deep.property('response', { uid: 'u1', allowed: true });
    }
  });

  it('gives the object as the sync would see it to its judge', async () => {
    const seen: Ingress[] = [];
    judge = async (object) => {
      seen.push(object);
      return ALLOWED;
    };
    await post(reviewOf({ ...candidate(), status: 5, extra: { deep: true } }));
    expect(seen).to.have.length(1);
    expect(seen[0]?.metadata.name).to.equal('web');
    expect(seen[0]).to.not.have.property('extra');
  });

  it('says why something is refused, also in its log', async () => {
    judge = async () => ({ allowed: false, message: 'no good', warnings: ['old'] });
    const { status, text } = await post(reviewOf(candidate()));
    expect(status).to.equal(200);
    expect(JSON.parse(text)).to.have.nested.property('response.status.message', 'no good');
    expect(lines).to.deep.equal(['Ingress refused by the admission webhook']);
  });

  for (const [name, body, status] of [
    ['no JSON', 'x', 400],
    ['gzip', Buffer.from('1f8b0800000000000003', 'hex'), 400],
    ['the beta version', '{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview"}', 400],
    ['no review', '{"kind":"Pod"}', 500],
    ['nothing', '', 400],
    ['deep nesting', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400],
    ['3 MiB and a byte', 'x'.repeat(3 * MIB + 1), 413],
    ['10 MiB', 'x'.repeat(10 * MIB), 413],
  ] as const) {
    it(`answers ${name} with ${status}`, async () => {
      // A client that still sends when it is refused may see a broken connection before the answer.
      const answer = await post(body).catch((error: unknown) => String(error));
      if (typeof answer === 'string') expect(`${status} ${answer}`).to.match(/^413 .*(EPIPE|ECONNRESET)/);
      else expect(answer).to.deep.equal({ status, text: '' });
      expect((await post(reviewOf(candidate()))).status).to.equal(200);
    });
  }

  it('takes 3 MiB', async () => {
    const body = reviewOf(candidate());
    const { status } = await post(body + ' '.repeat(3 * MIB - body.length));
    expect(status).to.equal(200);
  });

  it('refuses what is no Ingress, as a deletion without object', async () => {
    for (const object of [null, undefined, 5, [], {}, { metadata: {} }]) {
      const { status, text } = await post(reviewOf(object));
      expect(status).to.equal(200);
      expect(JSON.parse(text)).to.have.nested.property('response.allowed', false);
    }
  });

  it('answers 500 when its judge fails, and goes on', async () => {
    judge = async () => {
      throw new Error('bug');
    };
    expect(await post(reviewOf(candidate()))).to.deep.equal({ status: 500, text: '' });
    expect(lines).to.deep.equal(['admission review failed']);
    judge = async () => ALLOWED;
    expect((await post(reviewOf(candidate()))).status).to.equal(200);
  });

  it('judges eight at once, and the others in turn', async () => {
    let running = 0;
    let most = 0;
    const gate = Promise.withResolvers<void>();
    judge = async () => {
      most = Math.max(most, ++running);
      await gate.promise;
      running--;
      return ALLOWED;
    };
    const answers = Array.from({ length: 30 }, () => post(reviewOf(candidate())));
    await eventually(() => expect(running).to.equal(8));
    gate.resolve();
    for (const { status } of await Promise.all(answers)) expect(status).to.equal(200);
    expect(most).to.equal(8);
  });

  it('holds bodies up to its budget; more wait, and get 503 when there comes no room', async () => {
    // Four of them hold 1 MiB each and never end.
    const holders = Array.from({ length: 4 }, () => open(undefined, { 'content-length': 2 * MIB }));
    for (const { sent, answer } of holders) {
      answer.catch(() => undefined);
      sent.write(Buffer.alloc(MIB, 0x20));
    }
    await eventually(() => expect(server.held()).to.equal(4 * MIB));
    expect((await post(reviewOf(candidate()) + ' '.repeat(100_000))).status).to.equal(503);
    holders[0]?.sent.destroy();
    await eventually(async () => expect((await post(reviewOf(candidate()))).status).to.equal(200));
    for (const { sent } of holders) sent.destroy();
    await eventually(async () =>
      expect((await post(reviewOf(candidate()) + ' '.repeat(2 * MIB))).status).to.equal(200),
    );
  });

  it('does not judge for somebody who has gone', async () => {
    let judged = 0;
    const gate = Promise.withResolvers<void>();
    judge = async () => {
      judged++;
      await gate.promise;
      return ALLOWED;
    };
    const busy = Array.from({ length: 8 }, () => post(reviewOf(candidate())));
    await eventually(() => expect(judged).to.equal(8));
    const { sent, answer } = open();
    answer.catch(() => undefined);
    sent.end(reviewOf(candidate()));
    await setTimeout(50);
    sent.destroy();
    await setTimeout(50);
    gate.resolve();
    await Promise.all(busy);
    await post(reviewOf(candidate()));
    expect(judged).to.equal(9);
  });

  it('is not held up by bodies that do not come', async () => {
    const slow = Array.from({ length: 20 }, () => open(undefined, { 'content-length': 100 }));
    for (const { sent, answer } of slow) {
      answer.catch(() => undefined);
      sent.write('{');
    }
    expect((await post(reviewOf(candidate()))).status).to.equal(200);
    for (const { sent } of slow) sent.destroy();
  });

  it('speaks no TLS older than 1.2', async () => {
    const outcome = await new Promise<string>((resolve) => {
      const socket = connect({
        host: '127.0.0.1',
        port: server.port,
        maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1',
        rejectUnauthorized: false,
        ciphers: 'ALL:@SECLEVEL=0',
      });
      socket.once('secureConnect', () => resolve('connected'));
      socket.once('error', (error) => resolve(String(error)));
    });
    expect(outcome).to.match(/alert|protocol/i);
  });

  it('asks clients not to keep their connections when it drains', async () => {
    const connection = async () => {
      const { sent, answer } = open();
      const header = new Promise((resolve) =>
        sent.once('response', ({ headers }) => resolve(headers.connection)),
      );
      sent.end(reviewOf(candidate()));
      await answer;
      return header;
    };
    server.drain();
    expect(await connection()).to.equal('close');
  });

  it('lets reviews under way finish when it closes', async () => {
    const gate = Promise.withResolvers<void>();
    let running = false;
    judge = async () => {
      running = true;
      await gate.promise;
      return ALLOWED;
    };
    const answer = post(reviewOf(candidate()));
    await eventually(() => expect(running).to.equal(true));
    const closed = server.close();
    gate.resolve();
    expect((await answer).status).to.equal(200);
    await closed;
  });

  async function fingerprint(): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.destroy();
      });
      socket.once('error', reject);
    });
  }

  it('serves a new certificate when the files change, and keeps the old one when they are bad', async () => {
    const first = await fingerprint();
    await writeFile(folder.file('cert'), 'nonsense');
    touch(folder, 1);
    await eventually(() =>
      expect(lines).to.include(
        'the new certificate of the admission webhook cannot be used; the old one stays',
      ),
    );
    expect(await fingerprint()).to.equal(first);
    await writePair(renewedPair);
    touch(folder, 2);
    await eventually(() => expect(lines).to.include('the certificate of the admission webhook was reloaded'));
    expect(await fingerprint()).to.not.equal(first);
  });

  it('writes no file, whatever is sent', async () => {
    const before = [readdirSync(folder.path), readdirSync(process.cwd())];
    await post(reviewOf(candidate({}, { namespace: '../../../tmp/x', uid: '../../x', name: '../x' })));
    await post(reviewOf(candidate({ annotations: { 'auth-type': 'basic', 'auth-secret': 'x' } })));
    expect([readdirSync(folder.path), readdirSync(process.cwd())]).to.deep.equal(before);
  });

  it('answers nobody whose certificate its authority has not signed, where there is one', async () => {
    const authority = await makeAuthority('API server');
    await writeFile(folder.file('authority'), authority.certificate);
    const closed = await startAdmissionServer({
      host: '127.0.0.1',
      port: 0,
      certificate: folder.file('cert'),
      key: folder.file('key'),
      clientAuthority: folder.file('authority'),
      log,
      judge,
      readIngress: () => null,
    });
    const ask = ({ certificate, key }: Partial<KeyPair>) => {
      const tls = { ca: examplePair.certificate, servername: 'localhost', cert: certificate, key };
      return new Promise<number>((resolve, reject) => {
        const sent = request({ host: '127.0.0.1', port: closed.port, method: 'POST', agent: false, ...tls });
        sent.once('error', reject);
        sent.once('response', ({ statusCode = 0 }) => resolve(statusCode));
        sent.end(reviewOf(candidate()));
      });
    };
    try {
      expect(await ask(await authority.issue('CN=kube-apiserver'))).to.equal(200);
      const stranger = await (await makeAuthority('API server')).issue('CN=kube-apiserver');
      for (const pair of [{}, stranger]) {
        const failure = await ask(pair).then(String, (error: NodeJS.ErrnoException) => error.code);
        expect(failure).to.match(/^ERR_SSL|^ECONNRESET|^EPIPE/);
      }
    } finally {
      await closed.close();
    }
  });

  it('does not start without a certificate', async () => {
    const failure = startAdmissionServer({
      host: '127.0.0.1',
      port: 0,
      certificate: folder.file('none'),
      key: folder.file('key'),
      clientAuthority: '',
      log,
      judge,
      readIngress: () => null,
    });
    expect(await failure.then(() => '', String)).to.include('ENOENT');
  });
});

const quick = { reloadInterval: 20, bodyBudget: 4 * MIB } as const;

/** Times of files may be too coarse to tell two writes apart. */
function touch(folder: Folder, seconds: number): void {
  const time = Date.now() / 1000 + seconds;
  for (const name of ['cert', 'key']) utimesSync(folder.file(name), time, time);
}
