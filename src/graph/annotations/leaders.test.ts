/** Annotations that mean nothing without another one (compat/annotations.md, "Sub-keys"): alone they change nothing. */
import { expect } from 'chai';
import { annotatedCluster } from '../../testing/builders/annotated-cluster.ts';
import { ingress } from '../../testing/builders/objects.ts';
import { effectOf, render } from '../../testing/builders/render.ts';
import { annotationEntries } from './read.ts';

/** Which other one, by name. */
const leaders: Readonly<Record<string, string>> = {
  'auth-always-set-cookie': 'auth-url',
  'auth-cache-duration': 'auth-url',
  'auth-cache-key': 'auth-url',
  'auth-keepalive': 'auth-url',
  'auth-keepalive-requests': 'auth-url',
  'auth-keepalive-share-vars': 'auth-url',
  'auth-keepalive-timeout': 'auth-url',
  'auth-method': 'auth-url',
  'auth-proxy-set-headers': 'auth-url',
  'auth-request-redirect': 'auth-url',
  'auth-response-headers': 'auth-url',
  'auth-signin': 'auth-url',
  'auth-signin-redirect-param': 'auth-url',
  'auth-snippet': 'auth-url',
  'auth-realm': 'auth-type',
  'auth-secret': 'auth-type',
  'auth-secret-type': 'auth-type',
  'auth-tls-error-page': 'auth-tls-secret',
  'auth-tls-match-cn': 'auth-tls-secret',
  'auth-tls-pass-certificate-to-upstream': 'auth-tls-secret',
  'auth-tls-verify-client': 'auth-tls-secret',
  'auth-tls-verify-depth': 'auth-tls-secret',
  'canary-by-cookie': 'canary',
  'canary-by-header': 'canary',
  'canary-by-header-pattern': 'canary',
  'canary-by-header-value': 'canary',
  'canary-weight': 'canary',
  'canary-weight-total': 'canary',
  'affinity-canary-behavior': 'canary',
  'affinity-mode': 'affinity',
  'session-cookie-change-on-failure': 'affinity',
  'session-cookie-conditional-samesite-none': 'affinity',
  'session-cookie-domain': 'affinity',
  'session-cookie-expires': 'affinity',
  'session-cookie-max-age': 'affinity',
  'session-cookie-name': 'affinity',
  'session-cookie-path': 'affinity',
  'session-cookie-samesite': 'affinity',
  'session-cookie-secure': 'affinity',
  'cors-allow-credentials': 'enable-cors',
  'cors-allow-headers': 'enable-cors',
  'cors-allow-methods': 'enable-cors',
  'cors-allow-origin': 'enable-cors',
  'cors-expose-headers': 'enable-cors',
  'cors-max-age': 'enable-cors',
  'fastcgi-index': 'backend-protocol',
  'fastcgi-params-configmap': 'backend-protocol',
  'limit-allowlist': 'limit-rps',
  'limit-burst-multiplier': 'limit-rps',
  'mirror-host': 'mirror-target',
  'mirror-request-body': 'mirror-target',
  'modsecurity-transaction-id': 'enable-modsecurity',
  'opentelemetry-operation-name': 'enable-opentelemetry',
  'opentelemetry-trust-incoming-span': 'enable-opentelemetry',
  'permanent-redirect-code': 'permanent-redirect',
  'temporal-redirect-code': 'temporal-redirect',
  'proxy-redirect-from': 'proxy-redirect-to',
  'proxy-ssl-ciphers': 'proxy-ssl-secret',
  'proxy-ssl-name': 'proxy-ssl-secret',
  'proxy-ssl-protocols': 'proxy-ssl-secret',
  'proxy-ssl-server-name': 'proxy-ssl-secret',
  'proxy-ssl-verify': 'proxy-ssl-secret',
  'proxy-ssl-verify-depth': 'proxy-ssl-secret',
  'upstream-hash-by-subset': 'upstream-hash-by',
  'upstream-hash-by-subset-size': 'upstream-hash-by',
  'x-forwarded-prefix': 'rewrite-target',
};

async function served(annotations: Readonly<Record<string, string>>) {
  const objects = [
    ...annotatedCluster(),
    ingress({ host: 'shop.example.com', paths: ['/shop'], annotations }),
  ];
  return effectOf(await render(objects));
}

describe('annotations without their leader', () => {
  for (const [name, leader] of Object.entries(leaders))
    it(`${name} means nothing without ${leader}`, async () => {
      const known = new Map(annotationEntries.map((entry) => [entry.name as string, entry.example]));
      expect([...known.keys()]).to.include(leader);
      const example = known.get(name) ?? expect.fail('there is no such annotation');
      expect(await served({ [name]: example })).to.deep.equal(await served({}));
    });
});
