/** Certificates of Secrets, as clients see them on the node port. */
import { connect } from 'node:tls';
import { expect } from 'chai';
import { makeCertificate } from '../src/testing/certificate.ts';
import type { TestCertificate } from '../src/testing/certificate.ts';
import { curl, nodeAddress, nodePort, reloads, rollout } from './support/controller.ts';
import {
  apply,
  createNamespace,
  deleteNamespace,
  eventually,
  kubectl,
  namespacesEnded,
} from './support/kubectl.ts';
import { settled } from './support/load.ts';
import { echo, ingress } from './support/objects.ts';

const FAKE = 'Kubernetes Ingress Controller Fake Certificate';
const SECRET = 'site-tls';

describe('TLS', () => {
  let namespace: string;
  let host: string;
  let port: number;

  before(async () => {
    namespace = await createNamespace('tls');
    host = `www.${namespace}.test`;
    port = await nodePort('https');
    const extra = `  tls: [{hosts: [${host}], secretName: ${SECRET}}]`;
    await apply(
      [echo('web', 1), await secretWith('first'), ingress({ name: 'web', host, service: 'web', extra })].join(
        '\n---\n',
      ),
      namespace,
    );
    await rollout('web', namespace);
  });

  after(() => deleteNamespace(namespace));

  it('serves the certificate of the Secret, and the page', async () => {
    await presents('first');
    const page = await eventually('the page', async () => {
      const answer = await curl({ scheme: 'https', host });
      return answer.status === 200 ? answer : null;
    });
    expect(page.body).to.match(/^Hostname: web-/);
    expect(page.body).to.include('x-forwarded-proto=https');
  });

  it('serves its own certificate to those who ask for another name', async () => {
    expect(await commonName('other.test')).to.equal(FAKE);
  });

  it('redirects to HTTPS', async () => {
    const { status, location } = await curl({ scheme: 'http', host, path: '/a?b=c' });
    expect({ status, location }).to.deep.equal({ status: 308, location: `https://${host}/a?b=c` });
  });

  it('serves a new certificate, the fake one, and the first again, all without a reload', async () => {
    await namespacesEnded();
    await settled();
    const before = await reloads();
    await apply(await secretWith('second'), namespace);
    await presents('second');
    await kubectl(['--namespace', namespace, 'delete', 'secret', SECRET]);
    await presents(FAKE);
    await apply(await secretWith('first'), namespace);
    await presents('first');
    expect(await reloads()).to.equal(before);
  });

  async function secretWith(common: string): Promise<string> {
    const { data }: TestCertificate = await makeCertificate({ names: [host], common });
    const metadata = { name: SECRET };
    return JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, type: 'kubernetes.io/tls', data });
  }

  function presents(expected: string): Promise<true> {
    return eventually(`the certificate of ${expected}`, async () =>
      (await commonName(host)) === expected ? true : null,
    );
  }

  /** Of the certificate that a client gets who asks for this name. */
  function commonName(servername: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const target = { host: nodeAddress(), port, servername, rejectUnauthorized: false };
      const socket = connect(target, () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      });
      socket.once('error', reject);
    });
  }
});
