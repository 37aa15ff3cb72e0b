import { expect } from 'chai';
import { deploymentLints, ingressLints } from './lints.ts';
import type { DeploymentShape, IngressShape } from './objects.ts';

function ingress(annotations: Readonly<Record<string, string>> | undefined): IngressShape {
  return {
    metadata: { name: 'web', namespace: 'default', ...(annotations === undefined ? {} : { annotations }) },
  };
}

function deployment(...args: readonly string[]): DeploymentShape {
  const metadata = { name: 'controller', namespace: 'ingress-nginx' };
  return { metadata, spec: { template: { spec: { containers: [{}, { args }] } } } };
}

const NGINX = 'nginx.ingress.kubernetes.io';

describe('lints of Ingresses', () => {
  const found = (object: IngressShape) =>
    ingressLints
      .filter(({ isFound }) => isFound(object))
      .map(({ message, version, issue }) => ({ message, version, issue }));

  const cases: readonly (readonly [
    key: string,
    value: string,
    message: RegExp,
    version: string | null,
    issue: number | null,
  ])[] = [
    [`${NGINX}/secure-backends`, 'true', /"secure-backends".*backend-protocol/, '0.21.0', 3203],
    ['other.example/secure-backends', '', /"secure-backends"/, '0.21.0', 3203],
    [`${NGINX}/grpc-backend`, 'true', /"grpc-backend".*GRPC/, '0.21.0', 3203],
    [`${NGINX}/add-base-url`, 'true', /"add-base-url"/, '0.22.0', 3174],
    [`${NGINX}/base-url-scheme`, 'https', /"base-url-scheme"/, '0.22.0', 3174],
    [`${NGINX}/session-cookie-hash`, 'md5', /"session-cookie-hash"/, '0.24.0', 3743],
    [`${NGINX}/mirror-uri`, '/mirror', /"mirror-uri".*mirror-target/, '0.28.1', 5015],
    [`${NGINX}/rewrite-target`, '/', /capture group/, '0.22.0', 3174],
    [`${NGINX}/rewrite-target`, '/$uri', /capture group/, '0.22.0', 3174],
    ['nginx.org/rewrites', 'x', /nginx\.org/, null, null],
    ['nginx.com/jwt-key', 'x', /nginx\.com/, null, null],
    [`${NGINX}/x-forwarded-prefix`, 'true', /x-forwarded-prefix/, '0.24.0', 3786],
    [`${NGINX}/x-forwarded-prefix`, 'false', /x-forwarded-prefix/, '0.24.0', 3786],
    [`${NGINX}/configuration-snippet`, 'satisfy any;', /satisfy/, null, null],
  ];
  for (const [key, value, message, version, issue] of cases)
    it(`finds ${key}: ${value}`, () => {
      const all = found(ingress({ [key]: value }));
      expect(all).to.have.length(1);
      expect(all[0]?.message).to.match(message);
      expect(all[0]).to.include({ version, issue });
    });

  const good: readonly (readonly [key: string, value: string])[] = [
    [`${NGINX}/rewrite-target`, '/$1'],
    [`${NGINX}/rewrite-target`, '/x/$2/y'],
    [`${NGINX}/x-forwarded-prefix`, '/api'],
    [`${NGINX}/configuration-snippet`, 'more_set_headers "a: b";'],
    [`${NGINX}/server-snippet`, 'satisfy any;'],
    [`${NGINX}/backend-protocol`, 'HTTPS'],
    ['secure-backends', 'true'],
    ['example.com/nginx.org', 'x'],
  ];
  for (const [key, value] of good)
    it(`has nothing against ${key}: ${value}`, () => {
      expect(found(ingress({ [key]: value }))).to.deep.equal([]);
    });

  it('have nothing against an Ingress without annotations', () => {
    expect(found(ingress(undefined))).to.deep.equal([]);
  });

  it('find several things at once', () => {
    expect(found(ingress({ [`${NGINX}/grpc-backend`]: 'true', 'nginx.org/x': 'y' }))).to.have.length(2);
  });

  it('are eleven', () => {
    expect(ingressLints).to.have.length(11);
  });
});

describe('lints of Deployments', () => {
  const found = (object: DeploymentShape) =>
    deploymentLints
      .filter(({ isFound }) => isFound(object))
      .map(({ version, issue }) => `${version} ${issue}`);

  const cases: readonly (readonly [args: readonly string[], found: readonly string[]])[] = [
    [['/nginx-ingress-controller', '--sort-backends'], ['0.22.0 3655']],
    [['/nginx-ingress-controller', '--v=2', '--sort-backends=true'], ['0.22.0 3655']],
    [['/nginx-ingress-controller', '--force-namespace-isolation'], ['0.24.0 3887']],
    [['/nginx-ingress-controller', '--configmap=a/b'], []],
    [['/other', '--sort-backends'], []],
    [[], []],
  ];
  for (const [args, expected] of cases)
    it(`find ${expected.length} in ${args.join(' ')}`, () => {
      expect(found(deployment(...args))).to.deep.equal(expected);
    });

  it('have nothing against a Deployment without containers', () => {
    expect(found({ metadata: { name: 'a', namespace: 'b' } })).to.deep.equal([]);
  });
});
