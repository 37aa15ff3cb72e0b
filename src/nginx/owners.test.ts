import { expect } from 'chai';
import { examplePair } from '../testing/builders/certificates.ts';
import { environment } from '../testing/builders/environment.ts';
import { ingress, secret, service } from '../testing/builders/objects.ts';
import { evaluate } from '../testing/builders/pipeline.ts';
import { templates } from '../testing/builders/render.ts';
import { createRenderer } from './files.ts';
import { configOf, linesOf, serverAt } from './generation.ts';
import type { Generation } from './generation.ts';
import { locationsAt, ownersOfLine } from './owners.ts';

const own = (name: string, annotations: Readonly<Record<string, string>>, paths: readonly string[]) =>
  ingress({ name, host: 'a.test', annotations, paths });

describe('the owner of a line', () => {
  let generation: Generation;
  let lines: readonly string[];

  before(async () => {
    const { model } = evaluate([
      service(),
      secret({ name: 'ca', data: { 'ca.crt': examplePair.certificate } }),
      own('plain', {}, ['/', '/plain']),
      own('named', { 'server-alias': 'alias.test', 'custom-http-errors': '418' }, ['/named']),
      own('tls', { 'ssl-ciphers': 'HIGH', 'ssl-prefer-server-ciphers': 'true' }, ['/tls']),
      own('root', { 'app-root': '/start' }, ['/root']),
      own('asking', { 'auth-url': 'http://auth.test/ask' }, ['/asking']),
      own('clients', { 'auth-tls-secret': 'default/ca', 'auth-tls-match-cn': 'CN=me' }, ['/clients']),
      own('trusting', { 'proxy-ssl-secret': 'default/ca' }, ['/trusting']),
      ingress({ name: 'other', host: 'b.test' }),
    ]);
    generation = await createRenderer(templates, environment()).render(model);
    lines = configOf(generation).toString().split('\n');
  });

  /** Of the first line of the host with this text. */
  const ask = (text: string, host = 'a.test') => {
    const start = linesOf(generation).find(({ server }) => server.host === host)?.line ?? 0;
    const index = lines.findIndex((line, at) => at >= start - 1 && line.includes(text));
    expect(index, text).to.not.equal(-1);
    const { place, ingresses, server } = ownersOfLine(generation, index + 1);
    return [place, server?.host, ...ingresses];
  };

  for (const [text, name] of [
    ['location "/plain', 'plain'],
    ['location "/named', 'named'],
    ['alias.test', 'named'],
    ['ssl_ciphers', 'tls'],
    ['ssl_prefer_server_ciphers', 'tls'],
    ['ssl_client_certificate', 'clients'],
    ['ssl_verify_depth', 'clients'],
    ['$ssl_client_s_dn !~', 'clients'],
    ['proxy_ssl_trusted_certificate', 'trusting'],
    ['if ($uri = /)', 'root'],
    ['return 302', 'root'],
    ['/_external-auth-', 'asking'],
    ['http://auth.test/ask', 'asking'],
  ] as const) {
    it(`${text}: ${name}`, () => {
      expect(ask(text)).to.deep.equal(['server', 'a.test', `default/${name}`]);
    });
  }

  it('is each location in its turn, from its first line to its last', () => {
    const start = lines.indexOf('\t\tlocation "/named/" {');
    const end = lines.indexOf('\t\t}', start);
    expect(start).to.be.greaterThan(0);
    for (let at = start; at <= end; at++)
      expect(ownersOfLine(generation, at + 1).ingresses, lines[at]).to.deep.equal(['default/named']);
  });

  it('is everybody of the host where nothing tells more, and nobody of another one', () => {
    const [place, host, ...names] = ask('## start server a.test');
    expect([place, host]).to.deep.equal(['server', 'a.test']);
    const expected = ['asking', 'clients', 'named', 'plain', 'root', 'tls', 'trusting'].map(
      (name) => `default/${name}`,
    );
    expect(names.sort()).to.deep.equal(expected);
    expect(ask('server_name', 'b.test')).to.deep.equal(['server', 'b.test', 'default/other']);
  });

  it('has the locations that a line is about, whatever else the server has', () => {
    for (const [text, path] of [
      ['location "/asking/"', '/asking'],
      ['/_external-auth-', '/asking'],
      ['location "/plain/"', '/plain'],
    ] as const) {
      const line = lines.findIndex((one) => one.includes(text)) + 1;
      const at = serverAt(generation, line);
      const found = at === null ? [] : locationsAt(generation, at, line);
      expect([...new Set(found.map(({ route }) => route.path))], text).to.deep.equal([path]);
    }
  });

  it('is nobody outside of servers', () => {
    expect(ownersOfLine(generation, 5)).to.deep.equal({ place: 'frame', ingresses: [], server: null });
    for (const line of [null, lines.length])
      expect(ownersOfLine(generation, line)).to.deep.equal({ place: 'unknown', ingresses: [], server: null });
  });
});
