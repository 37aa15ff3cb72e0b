import { expect } from 'chai';
import { ingress } from '../testing/builders/objects.ts';
import { evaluate, graphOptions, hostOf, matchText, serverOf } from '../testing/builders/pipeline.ts';
import { confine } from './confine.ts';

const PREFIX = graphOptions.annotationsPrefix;

describe('an Ingress that is confined', () => {
  const bad = ingress({
    name: 'bad',
    host: 'shared.test',
    paths: ['/plain', { path: '/re(gex', type: 'ImplementationSpecific' }],
    annotations: {
      'server-alias': 'alias.test, ~^bad(',
      'rewrite-target': '/x',
      'auth-tls-secret': 'default/ca',
      'configuration-snippet': 'x',
      'kubernetes.io/ingress.class': 'nginx',
    },
    tls: [{ hosts: ['shared.test'], secretName: 'own' }],
  });
  const neighbour = ingress({ name: 'neighbour', host: 'shared.test', paths: ['/', '/other'] });
  const confined = confine(bad, PREFIX);

  it('keeps its name, its class, its hosts, plain paths, and the plain beginning of others', () => {
    expect(confined.metadata).to.include({ name: 'bad', uid: bad.metadata.uid });
    expect(confined.spec.rules?.[0]?.http?.paths?.map(({ path }) => path)).to.deep.equal(['/plain', '/re']);
    expect(confined.spec.tls).to.deep.equal(bad.spec.tls);
    expect(confined.metadata.annotations).to.deep.equal({
      'kubernetes.io/ingress.class': 'nginx',
      [`${PREFIX}/auth-tls-secret`]: 'default/ca',
      [`${PREFIX}/use-regex`]: 'true',
      [`${PREFIX}/server-alias`]: 'alias.test',
    });
  });

  it('answers 503 at its own paths and leaves those of others alone', () => {
    const annotations = { 'server-alias': 'alias.test' };
    const open = confine(
      ingress({ name: 'bad', host: 'shared.test', paths: ['/plain'], annotations }),
      PREFIX,
    );
    const server = serverOf(evaluate([open, neighbour]), 'shared.test');
    const answers = server.locations.map(({ route, policy }) => [route.path, policy.answer]);
    expect(answers).to.deep.include(['/plain', 'denied']);
    expect(answers).to.deep.include(['/other', 'proxy']);
    expect(server.aliases).to.deep.equal(['alias.test']);
  });

  it('closes what an expression protected, and leaves the expressions of others what they are', () => {
    const admin = confine(
      ingress({
        name: 'admin',
        host: 'shared.test',
        created: '2025-01-01T00:00:00Z',
        paths: [{ path: '/admin(/|$)(.*)', type: 'ImplementationSpecific' }],
        annotations: { 'use-regex': 'true', 'auth-url': 'http://auth.test/' },
      }),
      PREFIX,
    );
    const server = serverOf(evaluate([admin, neighbour]), 'shared.test');
    const shown = server.locations.map((location) => `${matchText(location)} ${location.policy.answer}`);
    expect(shown).to.include('~* ^/admin denied').and.include('~* ^/other proxy');
  });

  it('lets nobody in where it would have asked for certificates', () => {
    const evaluation = evaluate([confined, neighbour]);
    expect(serverOf(evaluation, 'shared.test')).to.include({ answer: 'forbidden' });
    expect(hostOf(evaluation, 'shared.test').matching).to.equal('regex');
    const messages = evaluation.graph.problems.map(({ message }) => message).join('\n');
    expect(messages).to.include('is not used while nginx refuses its Ingress');
  });

  it('stays a canary, which nobody is sent to', () => {
    const canary = ingress({
      name: 'canary',
      host: 'shared.test',
      created: '2025-01-01T00:00:00Z',
      annotations: { canary: 'true', 'canary-weight': '100' },
    });
    const evaluation = evaluate([confine(canary, PREFIX), neighbour]);
    const { locations } = serverOf(evaluation, 'shared.test');
    expect(locations.map(({ policy }) => policy.answer)).to.not.include('denied');
    const rules = evaluation.graph.backends.flatMap(({ routes }) =>
      routes.flatMap(({ canaries }) => canaries),
    );
    expect(rules.map(({ rules: { weight } }) => weight)).to.not.include(100);
  });
});
