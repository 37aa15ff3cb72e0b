import { expect } from 'chai';
import type { IngressTls, Secret } from '../source/objects.ts';
import { makeCertificate } from '../testing/certificate.ts';
import type { TestCertificate } from '../testing/certificate.ts';
import { graphOf, ingress, problemsOf, secret } from '../testing/terse.ts';
import { parseCertificate } from './certificates.ts';

describe('certificates of hosts', () => {
  let one: TestCertificate;
  let wild: TestCertificate;
  let common: TestCertificate;

  before(async () => {
    one = await makeCertificate({ names: ['a.test', 'other.test'] });
    wild = await makeCertificate({ names: ['*.wild.test'] });
    common = await makeCertificate({ names: [], common: 'cn.test' });
  });

  function choose(host: string, tls: readonly IngressTls[], ...secrets: readonly Secret[]) {
    const graph = graphOf([ingress({ rules: { [host]: ['/'] }, tls }), ...secrets]);
    const found = graph.certificates.find((entry) => entry.host === host);
    const problems = problemsOf(graph)
      .filter((line) => !line.startsWith('service-missing'))
      .map((line) => line.split(' ')[0]);
    return { key: found === undefined ? 'no TLS' : (found.certificate?.key ?? 'default'), problems };
  }

  it('come from the entry that names the host', () => {
    const tls = [
      { hosts: ['b.test'], secretName: 'x' },
      { hosts: ['A.test'], secretName: 'one' },
    ];
    expect(choose('a.test', tls, secret({ name: 'one', data: one.data }))).to.deep.equal({
      key: 'default/one',
      problems: [],
    });
  });

  it('come from an entry without hosts when the certificate covers the host', () => {
    const secrets = [secret({ name: 'wild', data: wild.data }), secret({ name: 'one', data: one.data })];
    const tls = [{ secretName: 'wild' }, { secretName: 'one' }];
    expect(choose('a.test', tls, ...secrets).key).to.equal('default/one');
    expect(choose('x.wild.test', tls, ...secrets).key).to.equal('default/wild');
    expect(choose('x.y.wild.test', tls, ...secrets).key).to.equal('default');
    expect(choose('*.wild.test', tls, ...secrets).key).to.equal('default/wild');
  });

  it('count the common name only where there are no alternative names', () => {
    const tls = [{ hosts: ['cn.test'], secretName: 's' }];
    expect(choose('cn.test', tls, secret({ name: 's', data: common.data })).key).to.equal('default/s');
    expect(
      choose('test', [{ hosts: ['test'], secretName: 's' }], secret({ name: 's', data: one.data })).key,
    ).to.equal('default');
  });

  it('are the default one, with a Problem, when the Secret is of no use', () => {
    const tls = [{ hosts: ['a.test'], secretName: 's' }];
    expect(choose('a.test', tls)).to.deep.equal({ key: 'default', problems: ['secret-missing'] });
    expect(choose('a.test', tls, secret({ name: 's' }))).to.deep.equal({
      key: 'default',
      problems: ['certificate-invalid'],
    });
    expect(choose('a.test', tls, secret({ name: 's', data: wild.data }))).to.deep.equal({
      key: 'default',
      problems: ['certificate-mismatch'],
    });
    expect(choose('a.test', tls, secret({ name: 's', namespace: 'other', data: one.data }))).to.deep.equal({
      key: 'default',
      problems: ['secret-missing'],
    });
  });

  it('are the default one without a Secret name, and none without TLS', () => {
    expect(choose('a.test', [{ hosts: ['a.test'] }])).to.deep.equal({ key: 'default', problems: [] });
    expect(choose('a.test', [])).to.deep.equal({ key: 'no TLS', problems: [] });
  });

  it('are decided by the oldest Ingress with TLS', () => {
    const secrets = [secret({ name: 'one', data: one.data })];
    const graph = graphOf([
      ingress({ name: 'oldest', created: '2020-01-01T00:00:00Z', rules: { 'a.test': ['/x'] } }),
      ingress({
        name: 'old',
        created: '2021-01-01T00:00:00Z',
        rules: { 'a.test': ['/y'] },
        tls: [{ hosts: ['a.test'] }],
      }),
      ingress({ name: 'young', rules: { 'a.test': ['/'] }, tls: [{ hosts: ['a.test'], secretName: 'one' }] }),
      ...secrets,
    ]);
    expect(graph.certificates.map(({ host, certificate }) => [host, certificate])).to.deep.equal([
      ['a.test', null],
    ]);
  });

  it('are never taken for rules without a host', () => {
    const graph = graphOf([
      ingress({ rules: { '': ['/'] }, tls: [{ secretName: 'one' }] }),
      secret({ name: 'one', data: one.data }),
    ]);
    expect(graph.certificates).to.deep.equal([]);
  });

  it('can be the default for all with --default-ssl-certificate', () => {
    const options = { defaultSslCertificate: 'default/one' };
    expect(graphOf([secret({ name: 'one', data: one.data })], options).defaultCertificate?.key).to.equal(
      'default/one',
    );
    expect(graphOf([secret({ name: 'one' })], options).defaultCertificate).to.equal(null);
    expect(graphOf([], options).defaultCertificate).to.equal(null);
  });

  it('must belong to their key, and be PEM', () => {
    const parse = (data: Readonly<Record<string, string>>) => parseCertificate(secret({ data }));
    expect(parse(one.data)).to.have.property('ok', true);
    expect(parse({ ...one.data, 'tls.key': wild.data['tls.key'] })).to.deep.equal({
      ok: false,
      reason: '"tls.key" is not the key of the first certificate in "tls.crt"',
    });
    for (const bad of ['', 'bm90IFBFTQ==', one.data['tls.key']])
      expect(parse({ ...one.data, 'tls.crt': bad }).ok).to.equal(false);
    const broken = Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----').toString(
      'base64',
    );
    expect(parse({ ...one.data, 'tls.crt': broken })).to.have.property('ok', false);
  });

  describe('in PEM files as programs write them', () => {
    const encode = (text: string) => Buffer.from(text).toString('base64');
    const parse = (cert: string, key = one.key) =>
      parseCertificate(secret({ data: { 'tls.crt': encode(cert), 'tls.key': encode(key) } }));
    const blocks = (pem: string) => [...pem.matchAll(/BEGIN ([A-Z ]+)-/g)].map((match) => match[1]);

    it('may have text in front, which does not reach nginx', () => {
      const parsed = parse(`Bag Attributes\n    localKeyID: 01\nsubject=CN = a.test\n${one.cert}`);
      expect(parsed.ok && parsed.value.pem.startsWith('-----BEGIN CERTIFICATE-----')).to.equal(true);
      expect(parsed.ok && parsed.value.pem).to.not.include('Bag Attributes');
    });

    it('may have Windows line ends', () =>
      expect(parse(one.cert.replaceAll('\n', '\r\n'), one.key.replaceAll('\n', '\r\n')).ok).to.equal(true));

    it('keep their chain in order, the certificate of the key first', () => {
      const parsed = parse(`${one.cert}${wild.cert}`);
      expect(parsed.ok && blocks(parsed.value.pem)).to.deep.equal([
        'CERTIFICATE',
        'CERTIFICATE',
        'PRIVATE KEY',
      ]);
      expect(parsed.ok && parsed.value.names).to.deep.equal(['a.test', 'other.test']);
      expect(parse(`${wild.cert}${one.cert}`).ok).to.equal(false);
    });

    it('are refused when the key comes first', () =>
      expect(parse(`${one.key}${one.cert}`).ok).to.equal(false));

    it('are refused for one bad certificate in the chain, with which nginx would take none', () => {
      const bad = '-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n';
      expect(parse(`${one.cert}${bad}`).ok).to.equal(false);
    });

    it('never show the key in what is said about them', () => {
      const parsed = parse(one.cert, one.key.replaceAll('A', '!'));
      const body = one.key.split('\n')[1] ?? '';
      expect(body).to.have.length.above(20);
      expect(parsed.ok ? '' : parsed.reason)
        .to.include('PEM')
        .and.not.include(body.slice(0, 20));
    });

    it('are read in no time, however many blocks are begun', () => {
      const start = performance.now();
      expect(parse('-----BEGIN CERTIFICATE-----\n'.repeat(30_000)).ok).to.equal(false);
      expect(performance.now() - start).to.be.below(1000);
    });
  });
});
