/** TLS, as the conformance suite of the Ingress API asks for it. */
import { expect } from 'chai';
import { makeCertificate } from '../../src/testing/certificate.ts';
import { lasting } from '../support/kubectl.ts';
import { ingressOf, openSite } from './site.ts';
import type { Site } from './site.ts';

const FAKE = 'Kubernetes Ingress Controller Fake Certificate';

describe('conformance: TLS', () => {
  let site: Site;
  const hostOf = (name: string) => `${name}.${site.namespace}.test`;

  /** By the name of the Secret: they sign themselves. */
  const authorities = new Map<string, string>();

  async function secret(name: string, names: readonly string[]): Promise<string> {
    const { cert, data } = await makeCertificate({ names: [...names], common: name });
    authorities.set(name, cert);
    const metadata = { name };
    return JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, type: 'kubernetes.io/tls', data });
  }

  function ingressWithTls(name: string, host: string, secretName: string): string {
    const rules = [{ host, paths: [{ path: '/', to: 'web' }] }];
    return ingressOf(name, { rules, tls: [{ hosts: [host], secretName }] });
  }

  before(async () => {
    site = await openSite('tls-suite', ['web']);
    await site.apply(
      await secret('own', [hostOf('own')]),
      await secret('wild', [`*.${hostOf('wild')}`]),
      await secret('mismatch', ['elsewhere.test']),
      ingressWithTls('own', hostOf('own'), 'own'),
      ingressWithTls('wild', `*.${hostOf('wild')}`, 'wild'),
      ingressWithTls('mismatch', hostOf('mismatch'), 'mismatch'),
      ingressWithTls('missing', hostOf('missing'), 'missing'),
      ingressOf('plain', { rules: [{ host: hostOf('plain'), paths: [{ path: '/', to: 'web' }] }] }),
    );
    for (const name of ['own', 'a.wild', 'mismatch', 'missing', 'plain']) {
      await lasting(`${name} over TLS`, async () => {
        const reply = await site.ask.https({ host: hostOf(name) });
        return reply.status === 200 ? true : null;
      });
    }
  });

  after(() => site.close());

  // Where the certificate does not fit the host, the suite says nothing; ingress-nginx presents its own one.
  const presented: Readonly<Record<string, string>> = {
    own: 'own',
    'a.wild': 'wild',
    mismatch: FAKE,
    missing: FAKE,
    plain: FAKE,
  };
  for (const [name, certificate] of Object.entries(presented)) {
    it(`${name} is served with the certificate "${certificate}"`, async () => {
      const reply = await site.ask.https({ host: hostOf(name) });
      expect({ service: reply.service, certificate: reply.certificate }).to.deep.equal({
        service: 'web',
        certificate,
      });
    });
  }

  // Host, Secret whose certificate must vouch for it, and whether a client that checks certificates connects at all.
  const verified: readonly (readonly [name: string, secret: string, connects: boolean])[] = [
    ['own', 'own', true],
    ['a.wild', 'wild', true],
    ['b.wild', 'wild', true],
    ['a.b.wild', 'wild', false],
    ['wild', 'wild', false],
    ['plain', 'own', false],
  ];
  for (const [name, secretName, connects] of verified) {
    it(`a client that trusts "${secretName}" only ${connects ? 'gets a page from' : 'refuses'} ${name}`, async () => {
      const authority = authorities.get(secretName) ?? '';
      const reply = await site.ask.https({ host: hostOf(name), authority }).then(
        ({ service }) => service,
        (error: Error) => error.message,
      );
      if (connects) expect(reply).to.equal('web');
      else expect(reply).to.match(/self-signed certificate|does not match certificate/);
    });
  }

  it('over TLS, too, a wildcard covers one label, and other hosts are unknown', async () => {
    for (const name of ['a.b.wild', 'wild', 'other.own'])
      expect((await site.ask.https({ host: hostOf(name) })).status, name).to.equal(404);
  });

  it('the name in the handshake chooses the certificate, the Host header the rule', async () => {
    const reply = await site.ask.https({ host: hostOf('plain'), servername: hostOf('own') });
    expect({ service: reply.service, certificate: reply.certificate }).to.deep.equal({
      service: 'web',
      certificate: 'own',
    });
    const unknown = await site.ask.https({ host: hostOf('unknown'), servername: hostOf('unknown') });
    expect({ status: unknown.status, certificate: unknown.certificate }).to.deep.equal({
      status: 404,
      certificate: FAKE,
    });
  });

  // The suite leaves plain HTTP open; ingress-nginx redirects it where the Ingress has TLS.
  it('plain HTTP is redirected where the host has TLS, and served where it has none', async () => {
    const { status, location } = await site.ask.http({ host: hostOf('own'), path: '/a?b' });
    expect({ status, location }).to.deep.equal({ status: 308, location: `https://${hostOf('own')}/a?b` });
    expect((await site.ask.http({ host: hostOf('plain') })).service).to.equal('web');
  });
});
