import { expect } from 'chai';
import { annotationFamilies } from '../graph/annotations/read.ts';
import { configMap, ingress, service } from '../testing/builders/objects.ts';
import { evaluate, hostOf } from '../testing/builders/pipeline.ts';
import { createAnnotationTeller } from './annotations.ts';

const teller = createAnnotationTeller(annotationFamilies);

function inForce(annotations: Readonly<Record<string, string>>) {
  const host = 'a.example.com';
  const evaluation = evaluate([
    service(),
    configMap({ 'allow-snippet-annotations': 'true', 'annotations-risk-level': 'Critical' }),
    ingress({ host, annotations }),
  ]);
  const [path] = hostOf(evaluation, host).paths;
  if (path?.owner === null || path === undefined) throw new Error('no owner');
  return Object.fromEntries(teller.inForce(path.owner).map(({ name, value }) => [name, value]));
}

describe('annotations on the status page', () => {
  for (const [name, value, shown, more] of [
    ['proxy-read-timeout', '7', '7s', {}],
    ['ssl-redirect', 'false', 'false', {}],
    ['from-to-www-redirect', 'true', 'true', {}],
    ['rewrite-target', '/x', '/x', {}],
    ['affinity', 'cookie', 'cookie', {}],
    ['auth-url', 'https://auth.example.com/word', null, {}],
    ['auth-signin', 'https://auth.example.com/word', null, { 'auth-url': 'https://auth.example.com/' }],
    ['auth-realm', 'word', null, { 'auth-type': 'basic', 'auth-secret': 'a' }],
    ['auth-tls-secret', 'default/word', null, {}],
    ['configuration-snippet', 'set $token word;', null, {}],
    ['request-headers', 'set X-Key: word', null, {}],
    ['mirror-target', 'https://test.example.com/word$request_uri', null, {}],
    ['permanent-redirect', 'https://a.example.com/?token=word', null, {}],
  ] as const) {
    it(`${shown === null ? 'hide the value of' : 'show'} ${name}`, () =>
      expect(inForce({ ...more, [name]: value })).to.have.property(name, shown));
  }

  it('are not shown when they are not in force', () =>
    expect(inForce({ 'proxy-read-timeout': 'never', 'proxy-send-timeout': '' })).to.deep.equal({}));

  it('keep values of authentication out of what is said about them', () => {
    const { graph } = evaluate([
      service(),
      ingress({ host: 'a.test', annotations: { 'auth-method': 'word{', 'proxy-buffering': 'other{' } }),
    ]);
    const messages = graph.problems.map(teller.message).join('\n');
    expect(messages).to.include('"other{"').and.include('its value cannot be used').and.not.include('word{');
  });
});
