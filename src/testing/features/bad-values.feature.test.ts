/** A bad value of every annotation, as its owner sees it: at the webhook, in the log and in answers (compat/behaviour.md 9). */
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { makePair } from '../harness/certificates.ts';
import { configMap, endpoints, ingress, ingressClass, secret, service } from '../harness/objects.ts';
import { PASSWORD, basic, hashes, userFile } from '../harness/passwords.ts';
import { annotations, site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import { makeWebhookClient } from '../harness/webhook.ts';

type Others = Parameters<typeof annotations>[0];
/** The value, and what must stand beside it for it to be looked at. */
type Row = readonly [value: string, others?: Others];

const askedFor = { 'auth-url': 'http://127.0.0.1:AUTH/' };
const password = { 'auth-type': 'basic', 'auth-secret': 'users' };
const clients = { 'auth-tls-secret': 'default/authority', 'auth-tls-verify-client': 'optional' };
const tls = { 'proxy-ssl-secret': 'default/authority' };
const sticky = { affinity: 'cookie' };
const mirrored = { 'mirror-target': 'http://127.0.0.1:AUTH/' };
const canary = { canary: true };

/** The rest of the Ingress is in force; the webhook warns. */
const ignored: Readonly<Record<string, Row>> = {
  'use-regex': ['yes'],
  'ssl-redirect': ['off'],
  'force-ssl-redirect': ['yes'],
  'preserve-trailing-slash': ['2'],
  'proxy-connect-timeout': ['5s'],
  'proxy-send-timeout': ['-1'],
  'proxy-read-timeout': ['1.5'],
  'proxy-body-size': ['8mb'],
  'proxy-buffer-size': ['65m'],
  'proxy-buffers-number': ['1'],
  'proxy-busy-buffers-size': ['much'],
  'proxy-max-temp-file-size': ['-1'],
  'proxy-buffering': ['ON'],
  'proxy-request-buffering': ['true'],
  'proxy-http-version': ['2'],
  'proxy-next-upstream': ['errortimeout'],
  'proxy-next-upstream-timeout': ['1s'],
  'proxy-next-upstream-tries': ['-1'],
  'service-upstream': ['yes'],
  affinity: ['ip'],
  'affinity-mode': ['random', sticky],
  'affinity-canary-behavior': ['never', { ...canary, 'canary-by-header': 'x-next' }],
  'session-cookie-name': ['a b', sticky],
  'session-cookie-secure': ['yes', sticky],
  'session-cookie-expires': ['1d', sticky],
  'session-cookie-max-age': ['1h', sticky],
  'session-cookie-path': ['a b', sticky],
  'session-cookie-domain': ['a_b!', sticky],
  'session-cookie-samesite': ['Loose', sticky],
  'session-cookie-conditional-samesite-none': ['yes', sticky],
  'session-cookie-change-on-failure': ['yes', sticky],
  canary: ['yes'],
  'canary-weight': ['half', canary],
  'canary-weight-total': ['1.5', { ...canary, 'canary-weight': 0 }],
  'canary-by-header': ['x y', canary],
  'canary-by-header-value': ['a!', { ...canary, 'canary-by-header': 'x-next' }],
  'canary-by-header-pattern': ['(', { ...canary, 'canary-by-header': 'x-next' }],
  'canary-by-cookie': ['a b', canary],
  'use-port-in-redirects': ['yes'],
  'ssl-prefer-server-ciphers': ['yes'],
  'backend-protocol': ['AJP'],
  'proxy-cookie-domain': ['a b c'],
  'proxy-cookie-path': ['/a'],
  'proxy-redirect-from': ['a b', { 'proxy-redirect-to': '/' }],
  'proxy-redirect-to': ['a b', { 'proxy-redirect-from': '/' }],
  'limit-burst-multiplier': ['many', { 'limit-rps': 100 }],
  'limit-rate': ['1k'],
  'limit-rate-after': ['1k', { 'limit-rate': 1000 }],
  'enable-cors': ['yes'],
  'cors-allow-origin': ['https://a.test%', { 'enable-cors': true }],
  'cors-allow-methods': ['*', { 'enable-cors': true }],
  'cors-allow-headers': ['*', { 'enable-cors': true }],
  'cors-allow-credentials': ['yes', { 'enable-cors': true }],
  'cors-expose-headers': ['a!', { 'enable-cors': true }],
  'cors-max-age': ['1h', { 'enable-cors': true }],
  'auth-signin-redirect-param': ['a b!', askedFor],
  'auth-proxy-set-headers': ['a b!', askedFor],
  'auth-keepalive': ['some', askedFor],
  'auth-keepalive-share-vars': ['some', askedFor],
  'auth-keepalive-requests': ['some', askedFor],
  'auth-keepalive-timeout': ['some', askedFor],
  'enable-global-auth': ['no'],
  satisfy: ['some'],
  'auth-tls-verify-depth': ['-1', clients],
  'disable-proxy-intercept-errors': ['yes', { 'custom-http-errors': '404' }],
  'custom-headers': ['a b!'],
  'enable-owasp-core-rules': ['yes'],
  'modsecurity-transaction-id': ['a b!'],
  'proxy-ssl-ciphers': ['NOTHING', tls],
  'proxy-ssl-protocols': ['TLSv1.1', tls],
  'proxy-ssl-name': ['a b', tls],
  'proxy-ssl-verify': ['yes', tls],
  'proxy-ssl-verify-depth': ['101', tls],
  'proxy-ssl-server-name': ['yes', tls],
  'mirror-request-body': ['perhaps', mirrored],
  'mirror-host': ['a b', mirrored],
  'enable-access-log': ['no'],
  'enable-rewrite-log': ['yes'],
  'enable-opentelemetry': ['yes'],
  'opentelemetry-trust-incoming-span': ['yes', { 'enable-opentelemetry': true }],
};

/** The same, but the webhook refuses it: with ingress-nginx it stopped all reloads, or did something else than was meant. */
const refusedAtOnce: Readonly<Record<string, Row>> = {
  'rewrite-target': ['/$nobody'],
  'app-root': ['app'],
  'auth-signin': ['login', askedFor],
  'auth-cache-key': ['$nobody', askedFor],
  'mirror-target': ['test.example.com'],
  'enable-modsecurity': ['yes'],
};

/** All paths of the Ingress answer 503; the webhook warns. */
const denied: Readonly<Record<string, Row>> = {
  'allowlist-source-range': ['10.0.0.0/33'],
  'whitelist-source-range': ['localhost'],
  'denylist-source-range': ['10.0.0'],
  'auth-secret': ['a b', { 'auth-type': 'basic' }],
  'auth-url': ['auth.example.com'],
  'auth-method': ['FETCH', askedFor],
  'auth-response-headers': ['X User', askedFor],
  'auth-request-redirect': ['a b', askedFor],
  'auth-cache-duration': ['200', askedFor],
  'auth-always-set-cookie': ['yes', askedFor],
};

/** The same, but the webhook refuses it: with ingress-nginx it stopped all reloads, or is not known at all. */
const deniedAtOnce: Readonly<Record<string, Row>> = {
  'auth-snippet': ['more_set_headers "Foo', askedFor],
  'configuration-snippet': ['more_set_headers "Foo'],
  'server-snippet': ['location / {'],
  'stream-snippet': ['server {'],
  'modsecurity-snippet': ['SecRule "', { 'enable-modsecurity': true }],
  'rate-limits': ['key=$remote_addr rate=fast'],
  'request-headers': ['put X-Team: blue'],
  'response-headers': ['set X Team: blue'],
  redirects: ['/old /new 200'],
};

/** The Ingress is left out; the webhook refuses it. */
const rejected: Readonly<Record<string, Row>> = {
  'x-forwarded-prefix': ['/a!'],
  'client-body-buffer-size': ['1b'],
  'load-balance': ['random'],
  'upstream-hash-by': ['a.b'],
  'upstream-hash-by-subset': ['yes', { 'upstream-hash-by': '$host' }],
  'upstream-hash-by-subset-size': ['some', { 'upstream-hash-by': '$host' }],
  'temporal-redirect': ['ftp://a.test/'],
  'temporal-redirect-code': ['found', { 'temporal-redirect': 'http://a.test/' }],
  'permanent-redirect': ['http://a b/'],
  'permanent-redirect-code': ['moved', { 'permanent-redirect': 'http://a.test/' }],
  'relative-redirects': ['yes'],
  'from-to-www-redirect': ['yes'],
  'server-alias': ['a b.test'],
  'ssl-ciphers': ['NOTHING'],
  'ssl-passthrough': ['yes'],
  'upstream-vhost': ['a b'],
  'connection-proxy-header': ['upgrade'],
  'limit-connections': ['some'],
  'limit-rps': ['1.5'],
  'limit-rpm': ['some'],
  'limit-allowlist': ['10.0.0.0/33', { 'limit-rps': 1 }],
  'limit-whitelist': ['localhost', { 'limit-rps': 1 }],
  'auth-type': ['Basic', { 'auth-secret': 'users' }],
  'auth-secret-type': ['file', password],
  'auth-realm': ['a!', password],
  'auth-tls-secret': ['a b/c'],
  'auth-tls-error-page': ['a b', clients],
  'auth-tls-pass-certificate-to-upstream': ['yes', clients],
  'auth-tls-match-cn': ['alice', clients],
  'default-backend': ['a/b'],
  'custom-http-errors': ['404500'],
  'proxy-ssl-secret': ['a b/c'],
  'fastcgi-index': ['a b.php', { 'backend-protocol': 'FCGI' }],
  'fastcgi-params-configmap': ['a b', { 'backend-protocol': 'FCGI' }],
  'http2-push-preload': ['yes'],
  'opentelemetry-operation-name': ['a!', { 'enable-opentelemetry': true }],
};

/** Without effect, whatever they say. */
const deprecated = {
  'secure-verify-ca-secret': ['a b'],
  'enable-influxdb': ['perhaps'],
  'influxdb-measurement': ['?'],
  'influxdb-port': ['-1'],
  'influxdb-host': ['a b'],
  'influxdb-server-name': ['?'],
} as const satisfies Readonly<Record<string, Row>>;

const outcomes = [
  { rows: ignored, is: 'ignored, with a warning', status: 200, allowed: true },
  { rows: deprecated, is: 'ignored, with a warning', status: 200, allowed: true },
  { rows: refusedAtOnce, is: 'refused, and ignored where it is there already', status: 200, allowed: false },
  { rows: denied, is: 'answered with 503, with a warning', status: 503, allowed: true },
  { rows: deniedAtOnce, is: 'refused, and 503 where it is there already', status: 503, allowed: false },
  { rows: rejected, is: 'refused, and no host where it is there already', status: 404, allowed: false },
] as const;

const settings = {
  'allow-snippet-annotations': 'true',
  'annotations-risk-level': 'Critical',
  'otlp-collector-host': '127.0.0.1',
};

/** With a password for those that ask for one, so that only a broken protection keeps it out. */
const headers = basic('bcrypt2b', PASSWORD);

describe('bad values of annotations', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const auth = await stage.backend('auth');
    const next = await stage.backend('next');
    const objectOf = (name: string, [value, others = {}]: Row) => {
      const all = Object.entries({ ...others, [name]: value });
      const short = Object.fromEntries(
        all.map(([key, text]) => [key, String(text).replace('AUTH', `${auth.port}`)]),
      );
      const host = `${name}.test`;
      const to = 'canary' in others ? 'next' : 'web';
      const rules = { [host]: to };
      return ingress(name, { annotations: annotations(short), rules, created: '2026-01-02T00:00:00Z' });
    };
    stage.write('class.yaml', ingressClass(), configMap('settings', settings));
    for (const backend of [web, next])
      stage.write(`${backend.name}.yaml`, service(backend.name), ...endpoints(backend.name, [backend]));
    stage.write('secrets.yaml', secret('users', { auth: userFile(hashes) }));
    stage.write('ca.yaml', secret('authority', { 'ca.crt': (await makePair('authority')).certificate }));
    for (const { rows } of outcomes)
      for (const [name, row] of Object.entries<Row>(rows)) {
        stage.write(`${name}.yaml`, objectOf(name, row));
        if (row[1] === undefined || !('canary' in row[1])) continue;
        const primary = site(`${name}-primary`, {
          host: `${name}.test`,
          places: [web],
          created: '2026-01-01T00:00:00Z',
        });
        stage.write(`${name}-primary.yaml`, ...primary);
      }
    const webhook = await makeWebhookClient(stage);
    stage.defer(webhook.close);
    const program = await stage.start({
      flags: ['--configmap=default/settings', '--sync-rate-limit=20', ...webhook.flags],
    });
    await program.logged(/Starting validation webhook/);
    return { program, webhook, objectOf };
  });

  for (const { rows, is, status, allowed } of outcomes)
    for (const [name, row] of Object.entries<Row>(rows))
      it(`${name}: ${JSON.stringify(row[0])} is ${is}`, async () => {
        const { program, webhook, objectOf } = the();
        const answer = await program.http(`${name}.test`, '/', { headers });
        expect(answer.status, answer.text).to.equal(status);
        if (status === 200) expect(answer.echo().backend).to.equal('web');
        const told = program.logLines().filter((line) => line.includes(`default/${name}"`));
        expect(told.join('\n')).to.match(name.startsWith('influxdb-') ? /influxdb/ : new RegExp(name));
        const object = objectOf(name, row);
        const review = await webhook.review({
          ...object,
          metadata: { ...object.metadata, uid: randomUUID() },
        });
        expect(review.allowed, JSON.stringify(review)).to.equal(allowed);
        const words = allowed ? (review.warnings ?? []).join('\n') : (review.status?.message ?? '');
        expect(words).to.include(name.startsWith('influxdb-') ? 'influxdb' : name);
      });
});
