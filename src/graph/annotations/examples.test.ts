/** What the documentation shows for each annotation does something, and nginx takes it. */
import { expect } from 'chai';
import type { KubeObject } from '../../source/objects.ts';
import { examplePair } from '../../testing/builders/certificates.ts';
import { configMap, ingress, ingressClass, secret, service } from '../../testing/builders/objects.ts';
import { graphOptions } from '../../testing/builders/pipeline.ts';
import { environment } from '../../testing/builders/environment.ts';
import { openRealNginx } from '../../testing/builders/real-nginx.ts';
import type { RealNginx } from '../../testing/builders/real-nginx.ts';
import { outcomeOf, render } from '../../testing/builders/render.ts';
import { annotationFamilies } from './read.ts';
import type { Annotation } from './annotation.ts';

const all = Object.values(annotationFamilies).flatMap((family) => Object.values<Annotation<unknown>>(family));
const exampleOf = new Map(all.map(({ name, example }) => [name, example]));

const settings = {
  'allow-snippet-annotations': 'true',
  'annotations-risk-level': 'Critical',
  'global-allowed-response-headers': 'X-Frame-Options',
  'otlp-collector-host': 'collector.example.com',
  'global-auth-url': 'https://auth.example.com/all',
};
/** HTTPD's APR1 hash of "secret". */
const HASH = '$apr1$abcdefgh$M9GINr5I2CfsrydDjUSZ30';

const cluster: readonly KubeObject[] = [
  ingressClass({ name: 'nginx' }),
  service(),
  service({ name: 'spare' }),
  configMap(settings),
  configMap({ 'X-Site': 'main' }, { name: 'auth-headers', namespace: 'default' }),
  configMap({ 'X-Frame-Options': 'DENY' }, { name: 'more-headers', namespace: 'default' }),
  configMap({ SCRIPT_FILENAME: '/app/index.php' }, { name: 'php', namespace: 'default' }),
  secret({ name: 'users', data: { auth: `ann:${HASH}\n` } }),
  secret({
    name: 'authority',
    data: {
      'ca.crt': examplePair.certificate,
      'tls.crt': examplePair.certificate,
      'tls.key': examplePair.key,
    },
  }),
];

/** Annotations without which one means nothing, by the beginning of its name; the first that fits counts. */
const companions: readonly (readonly [names: RegExp, others: Readonly<Record<string, string>>])[] = [
  [/^affinity-canary-behavior$/, { canary: 'true', 'canary-weight': '10' }],
  [/^canary-weight-total$/, { canary: 'true', 'canary-weight': '10' }],
  [/^canary-by-header-/, { canary: 'true', 'canary-by-header': 'X-Canary' }],
  [/^canary-/, { canary: 'true' }],
  [/^session-cookie-conditional/, { affinity: 'cookie', 'session-cookie-samesite': 'None' }],
  [/^(?:affinity-|session-cookie-)/, { affinity: 'cookie' }],
  [/^x-forwarded-prefix$/, { 'rewrite-target': '/' }],
  [/^upstream-hash-by-subset-size$/, { 'upstream-hash-by': '$uri', 'upstream-hash-by-subset': 'true' }],
  [/^upstream-hash-by-/, { 'upstream-hash-by': '$uri' }],
  [/^temporal-redirect-/, { 'temporal-redirect': 'https://example.com/' }],
  [/^permanent-redirect-/, { 'permanent-redirect': 'https://example.com/' }],
  [/^limit-(?:burst|allowlist)/, { 'limit-rps': '5' }],
  [/^limit-rate-after$/, { 'limit-rate': '10' }],
  [/^cors-/, { 'enable-cors': 'true' }],
  [/^auth-type$/, { 'auth-secret': 'users' }],
  [/^auth-secret$/, { 'auth-type': 'basic' }],
  [/^auth-(?:secret-type|realm)$/, { 'auth-type': 'basic', 'auth-secret': 'users' }],
  [/^auth-tls-(?!secret$)/, { 'auth-tls-secret': 'default/authority' }],
  [/^satisfy$/, { 'auth-url': 'http://auth.example.com/', 'allowlist-source-range': '10.0.0.0/8' }],
  [/^auth-signin-/, { 'auth-url': 'http://auth.example.com/', 'auth-signin': 'https://example.com/in' }],
  [/^auth-keepalive-/, { 'auth-url': 'http://auth.example.com/', 'auth-keepalive': '8' }],
  [/^auth-cache-duration$/, { 'auth-url': 'http://auth.example.com/', 'auth-cache-key': '$remote_user' }],
  [/^auth-(?!url$)/, { 'auth-url': 'http://auth.example.com/' }],
  [
    /^proxy-ssl-name$/,
    { 'backend-protocol': 'HTTPS', 'proxy-ssl-secret': 'default/authority', 'proxy-ssl-server-name': 'on' },
  ],
  [
    /^proxy-ssl-verify-depth$/,
    { 'backend-protocol': 'HTTPS', 'proxy-ssl-secret': 'default/authority', 'proxy-ssl-verify': 'on' },
  ],
  [/^proxy-ssl-secret$/, { 'backend-protocol': 'HTTPS' }],
  [
    /^proxy-ssl-verify$/,
    { 'backend-protocol': 'HTTPS', 'proxy-ssl-secret': 'default/authority', 'proxy-ssl-name': 'x.test' },
  ],
  [/^proxy-ssl-./, { 'backend-protocol': 'HTTPS', 'proxy-ssl-secret': 'default/authority' }],
  [/^proxy-redirect-from$/, { 'proxy-redirect-to': '/' }],
  [/^proxy-redirect-to$/, { 'proxy-redirect-from': 'http://app.internal/' }],
  [/^proxy-next-upstream-/, {}],
  [/^default-backend$/, { 'custom-http-errors': '404' }],
  [/^disable-proxy-intercept-errors$/, { 'custom-http-errors': '404' }],
  [/^fastcgi-/, { 'backend-protocol': 'FCGI' }],
  [/^opentelemetry-/, { 'enable-opentelemetry': 'true' }],
  [/^mirror-(?!target$)/, { 'mirror-target': 'https://test.example.com$request_uri' }],
  [/^(?:modsecurity-|enable-owasp)/, { 'enable-modsecurity': 'true' }],
];

/** Accepted without effect, as their documentation says. */
const withoutEffect: readonly string[] = ['auth-keepalive-share-vars'];

function objectsOf(name: string, how: 'with' | 'without'): readonly KubeObject[] {
  const [, others = {}] = companions.find(([names]) => names.test(name)) ?? [];
  const own: Readonly<Record<string, string>> = how === 'with' ? { [name]: exampleOf.get(name) ?? '' } : {};
  const host = 'shop.example.com';
  const path = { path: '/(.*)', type: 'ImplementationSpecific' };
  const isCanary = /^(?:affinity-)?canary/.test(name);
  const main = ingress({
    name: 'main',
    host,
    created: '2025-01-01T00:00:00Z',
    annotations: { affinity: 'cookie' },
  });
  return [
    ...cluster,
    ...(isCanary ? [main] : []),
    ingress({
      host,
      paths:
        name === 'rewrite-target'
          ? [path]
          : isCanary
            ? [{ path: '/', service: 'spare' }]
            : name === 'ssl-passthrough'
              ? ['/']
              : ['/shop'],
      annotations: { ...others, ...own },
    }),
  ];
}

/** With all that an annotation may need on the command line. */
const setup = {
  environment: environment({ passthrough: true }),
  options: { streams: { ...graphOptions.streams, passthrough: true } },
};

describe('examples of annotations', () => {
  let nginx: RealNginx;
  before(async () => {
    nginx = await openRealNginx();
  });
  after(() => nginx.close());

  for (const { name, example } of all)
    it(`${name}: ${example}`, async () => {
      const objects = objectsOf(name, 'with');
      const [found, before] = await Promise.all([
        render(objects, setup),
        render(objectsOf(name, 'without'), setup),
      ]);
      const { problems } = outcomeOf(found);
      expect(problems.filter((problem) => problem.includes(name))).to.deep.equal([]);
      const visible = ({ text, files, live }: ReturnType<typeof outcomeOf>) => ({
        text: text.replace(/^# Configuration checksum: .*\n/, '').replaceAll(/return 200 "\d+ /g, ''),
        files,
        live,
      });
      const [now, then] = [visible(outcomeOf(found)), visible(outcomeOf(before))];
      if (withoutEffect.includes(name)) expect(now).to.deep.equal(then);
      else expect(now, 'it makes no difference').to.not.deep.equal(then);
      const machine = { ...nginx.environment, passthrough: setup.environment.passthrough };
      expect(await nginx.check(objects, machine, setup.options)).to.deep.equal({ ok: true });
    });
});
