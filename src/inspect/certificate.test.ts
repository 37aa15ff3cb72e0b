import { expect } from 'chai';
import { makeKeyPair } from '../testing/builders/certificates.ts';
import { ingress, secret, service } from '../testing/builders/objects.ts';
import { evaluate } from '../testing/builders/pipeline.ts';
import { showCertificate } from './certificate.ts';

describe('certificate of a host', () => {
  async function show(host: string) {
    const one = await makeKeyPair(['a.test']);
    const all = await makeKeyPair(['*.wild.test']);
    const { graph } = evaluate([
      service(),
      secret({ name: 'one', data: { 'tls.crt': one.certificate, 'tls.key': one.key } }),
      secret({ name: 'all', data: { 'tls.crt': all.certificate, 'tls.key': all.key } }),
      ingress({ name: 'a', host: 'a.test', tls: [{ hosts: ['a.test'], secretName: 'one' }] }),
      ingress({ name: 'w', host: '*.wild.test', tls: [{ hosts: ['*.wild.test'], secretName: 'all' }] }),
      ingress({ name: 'm', host: 'missing.test', tls: [{ hosts: ['missing.test'], secretName: 'none' }] }),
      ingress({ name: 'p', host: 'plain.test' }),
    ]);
    return { shown: showCertificate(graph, host), one, all };
  }

  it('is its own chain without the key', async () => {
    const { shown, one } = await show('A.test');
    expect(shown).to.deep.include({ kind: 'own', secret: 'default/one' });
    const text = JSON.stringify(shown);
    expect(text).to.include(JSON.stringify(one.certificate.trim()).slice(1, -1)).and.not.include('PRIVATE');
  });

  it('is that of the wildcard for a host below it', async () => {
    expect((await show('x.wild.test')).shown).to.include({ kind: 'own', secret: 'default/all' });
    expect((await show('x.y.wild.test')).shown).to.deep.equal({ kind: 'none' });
  });

  it('is the default one, with the reason', async () => {
    const { shown } = await show('missing.test');
    expect(shown).to.have.property('kind', 'default');
    expect(shown).to.have.property('reasons').that.is.an('array').with.length(1);
  });

  for (const host of ['plain.test', 'other.test'])
    it(`does not exist for ${host}`, async () => {
      expect((await show(host)).shown).to.deep.equal({ kind: 'none' });
    });
});
