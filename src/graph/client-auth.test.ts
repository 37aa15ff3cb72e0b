import { expect } from 'chai';
import type { Ingress, KubeObject, Secret } from '../source/objects.ts';
import { makeAuthority, makePair } from '../testing/harness/certificates.ts';
import { graphOf, ingress, secret } from '../testing/terse.ts';
import { createClientAuthReader, parseAuthority } from './client-auth.ts';
import type { Host } from './graph.ts';

const encode = (data: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]));

describe('authorities of client certificates', () => {
  let ca = '';
  let crl = '';
  let pair = { certificate: '', key: '' };
  before(async () => {
    const authority = await makeAuthority('Ours');
    ca = authority.certificate;
    crl = await authority.revoke();
    pair = await makePair('a.test');
  });

  const holding = (
    data: Readonly<Record<string, string>>,
    rest: Partial<Parameters<typeof secret>[0]> = {},
  ) => secret({ name: 'ca', data: encode(data), ...rest });

  it('are the certificates of ca.crt, without the text around them', () => {
    const parsed = parseAuthority(holding({ 'ca.crt': `Issuer: me\n${ca}\nmore\n${ca}`, 'ca.crl': crl }));
    expect(parsed).to.deep.equal({
      ok: true,
      value: { certificates: `${ca.trim()}\n${ca.trim()}\n`, revoked: `${crl.trim()}\n` },
    });
  });

  it('may be missing beside a certificate and key: then nobody is asked', () => {
    const parsed = parseAuthority(holding({ 'tls.crt': pair.certificate, 'tls.key': pair.key }));
    expect(parsed).to.deep.equal({ ok: true, value: null });
  });

  const faults: readonly (readonly [
    what: string,
    data: () => Readonly<Record<string, string>>,
    reason: RegExp,
  ])[] = [
    ['nothing at all', () => ({}), /no "ca.crt"/],
    ['text', () => ({ 'ca.crt': 'hello' }), /not made of PEM certificates/],
    [
      'a broken certificate',
      () => ({ 'ca.crt': `${ca}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----` }),
      /not made of PEM certificates/,
    ],
    ['a key', () => ({ 'ca.crt': pair.key }), /not made of PEM certificates/],
    ['a list that is none', () => ({ 'ca.crt': ca, 'ca.crl': 'x' }), /"ca.crl"/],
    [
      'a broken list',
      () => ({ 'ca.crt': ca, 'ca.crl': '-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----' }),
      /"ca.crl"/,
    ],
  ];
  for (const [what, data, reason] of faults) {
    it(`cannot be ${what}`, () => {
      const parsed = parseAuthority(holding(data()));
      expect(parsed.ok ? '' : parsed.reason).to.match(reason);
    });
  }

  const asking = (name: string, with_: Readonly<Record<string, string>>, rest: Partial<Ingress> = {}) => ({
    ...ingress({
      name,
      created: `2026-01-0${name.length}T00:00:00Z`,
      rules: { 'a.test': [`/${name}`] },
      with: with_,
    }),
    ...rest,
  });

  function stateOf(objects: readonly KubeObject[], host = 'a.test') {
    const found = graphOf(objects).clientAuth.get(host as Host);
    return found === undefined
      ? 'nobody is asked'
      : { state: found.state, file: found.authority?.file ?? null, depth: found.annotations?.depth ?? null };
  }

  const usable = { 'auth-tls-secret': 'default/ca' };

  it('of the oldest Ingress that has one count for the whole host', () => {
    const other = holding({ 'ca.crt': ca }, { name: 'other' });
    const objects = [
      asking('a', {}),
      asking('bb', { 'auth-tls-secret': 'default/other', 'auth-tls-verify-depth': '2' }),
      asking('ccc', { ...usable, 'auth-tls-verify-depth': '3' }),
      holding({ 'ca.crt': ca }),
      other,
    ];
    expect(stateOf(objects)).to.deep.equal({ state: 'usable', file: 'default-other', depth: 2 });
    expect(stateOf(objects, 'b.test')).to.equal('nobody is asked');
  });

  it('bring all that their Ingress says, and nothing of the others', () => {
    const says = (value: string, number: string) => ({
      ...usable,
      'auth-tls-verify-client': value,
      'auth-tls-verify-depth': number,
      'auth-tls-match-cn': `CN=${number}`,
      'auth-tls-error-page': `https://${number}.test/`,
    });
    const objects = [
      asking('a', says('optional', '2')),
      asking('bb', { ...says('off', '3'), 'auth-tls-pass-certificate-to-upstream': 'true' }),
      holding({ 'ca.crt': ca }),
    ];
    const { annotations } =
      graphOf(objects).clientAuth.get('a.test' as Host) ?? expect.fail('nobody is asked');
    expect(annotations).to.include({
      verify: 'optional',
      depth: 2,
      subject: 'CN=2',
      errorPage: 'https://2.test/',
      passCertificate: null,
    });
  });

  it('count before a Secret that has none', () => {
    const none = holding({ 'tls.crt': pair.certificate, 'tls.key': pair.key }, { name: 'pair' });
    const objects = [
      asking('a', { 'auth-tls-secret': 'default/pair' }),
      asking('bb', { ...usable, 'auth-tls-verify-depth': '3' }),
      none,
      holding({ 'ca.crt': ca }),
    ];
    expect(stateOf(objects)).to.deep.equal({ state: 'usable', file: 'default-ca', depth: 3 });
  });

  it('of a canary count, too', () => {
    const objects = [asking('a', {}), asking('bb', { ...usable, canary: 'true' }), holding({ 'ca.crt': ca })];
    expect(stateOf(objects)).to.deep.equal({ state: 'usable', file: 'default-ca', depth: null });
  });

  it('of an Ingress that is only a default backend count where no host matches', () => {
    const objects = [ingress({ defaultBackend: 'web', with: usable }), holding({ 'ca.crt': ca })];
    expect(stateOf(objects, '_')).to.deep.equal({ state: 'usable', file: 'default-ca', depth: null });
  });

  it('close the host when one of them cannot be used, and say so', () => {
    const objects = [
      asking('a', usable),
      asking('bb', { 'auth-tls-secret': 'default/missing' }),
      holding({ 'ca.crt': ca }),
    ];
    expect(stateOf(objects)).to.deep.equal({ state: 'broken', file: null, depth: null });
    const [problem, ...others] = graphOf(objects).problems.filter(
      ({ code }) => code === 'client-authority-invalid',
    );
    expect(others).to.deep.equal([]);
    expect(problem?.object.name).to.equal('bb');
    expect(problem?.message).to.equal(
      'Secret default/missing does not exist; all paths of its hosts answer 403',
    );
  });

  describe('files', () => {
    const files = (...secrets: readonly (readonly [namespace: string, name: string])[]) => {
      const found = secrets.map(([namespace, name]) => holding({ 'ca.crt': ca }, { namespace, name }));
      const ingresses = secrets.map(([namespace, name], index) =>
        ingress({
          namespace,
          name: `i${index}`,
          rules: { [`h${index}.test`]: ['/'] },
          with: { 'auth-tls-secret': `${namespace}/${name}` },
        }),
      );
      const { clientAuth } = graphOf([...ingresses, ...found]);
      return secrets.map((_, index) => clientAuth.get(`h${index}.test` as Host)?.authority?.file ?? '');
    };

    it('are called after the Secret', () => {
      expect(files(['ns', 'ca'], ['other', 'ca'])).to.deep.equal(['ns-ca', 'other-ca']);
    });

    it('are never shared by two Secrets', () => {
      const [first, second] = files(['a-b', 'c'], ['a', 'b-c']);
      expect(second).to.match(/^a-b-c-[0-9a-f]{8}$|^a-b-c$/);
      expect(first).to.not.equal(second);
      const [, own = '', foreign = ''] = [
        first,
        ...[first, second].toSorted((x, y) => (x ?? '').length - (y ?? '').length),
      ];
      expect(foreign.startsWith(`${own}-`)).to.equal(true);
      // Not even when somebody names a Secret like the file of another.
      const three = files(['a-b', 'c'], ['a', 'b-c'], ['a', foreign.slice('a-'.length)]);
      expect(new Set(three).size).to.equal(3);
    });

    it('are never that of the default certificate', () => {
      expect(files(['default', 'fake-certificate'])[0]).to.match(/^default-fake-certificate-[0-9a-f]{8}$/);
    });
  });

  it('keep their identity while nothing that they depend on changes', () => {
    const read = createClientAuthReader({ annotationsPrefix: 'x' });
    const parsed = graphOf([asking('a', usable), holding({ 'ca.crt': ca })]).hosts[1]?.paths.map(
      ({ owner }) => owner,
    );
    const owners = (parsed ?? []).flatMap((owner) => owner ?? []).slice(0, 1);
    const rules = { foreignSecrets: 'refused' } as const;
    const first = holding({ 'ca.crt': ca });
    const secrets = (...list: readonly Secret[]) =>
      new Map(list.map((entry) => [`default/${entry.metadata.name}`, entry]));
    const of = (map: ReturnType<typeof secrets>) => read(owners, map, rules).get('a.test' as Host);
    const before = of(secrets(first));
    expect(before?.state).to.equal('usable');
    expect(of(secrets(first, holding({ 'ca.crt': ca }, { name: 'other' })))).to.equal(before);
    expect(of(secrets(holding({ 'ca.crt': ca })))).to.not.equal(before);
    expect(of(secrets())?.state).to.equal('broken');
  });
});
