import { expect } from 'chai';
import { leaderOf } from '../../testing/annotations.ts';
import { ingress } from '../../testing/builders/objects.ts';
import { graphOptions } from '../../testing/builders/pipeline.ts';
import type { Annotation } from './annotation.ts';
import { securityRules } from '../../text/modsecurity.ts';
import { snippet } from '../../text/snippet.ts';
import { annotationFamilies, looksHostile, readAnnotations } from './read.ts';
import type { ReadAnnotations } from './read.ts';

const PREFIX = 'nginx.ingress.kubernetes.io';
const OBJECT = { kind: 'Ingress', namespace: 'default', name: 'web' } as const;

const rules = {
  ...graphOptions,
  annotationsPrefix: PREFIX,
  allowSnippetAnnotations: true,
  annotationsRiskLevel: 'Critical',
  annotationValueWordBlocklist: [],
} as const;

function read(annotations: Readonly<Record<string, string>>, prefix = PREFIX): ReadAnnotations {
  return readAnnotations(ingress({ annotations }), OBJECT, { ...rules, annotationsPrefix: prefix });
}

function lines({ problems }: ReadAnnotations): readonly string[] {
  return problems.map(({ severity, code, field }) => `${severity} ${code} ${field}`);
}

/** Values that differ from those of an Ingress without annotations. */
function given({ values }: ReadAnnotations): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.values<object>({ ...values })
      .flatMap((family) => Object.entries(family))
      .filter(([, value]) => value !== null),
  );
}

const accepted: readonly (readonly [string, string, string, unknown])[] = [
  ['rewrite-target', '/', 'target', '/'],
  ['rewrite-target', '/x/$2', 'target', '/x/$2'],
  ['rewrite-target', 'no-slash', 'target', 'no-slash'],
  ['rewrite-target', '/$host', 'target', '/$host'],
  ['use-regex', 'true', 'useRegex', true],
  ['use-regex', 'F', 'useRegex', false],
  ['x-forwarded-prefix', '/api', 'forwardedPrefix', '/api'],
  ['x-forwarded-prefix', '/$1', 'forwardedPrefix', '/$1'],
  ['x-forwarded-prefix', 'api', 'forwardedPrefix', 'api'],
  ['x-forwarded-prefix', '/a /b', 'forwardedPrefix', '/a/b'],
  ['ssl-redirect', '0', 'sslRedirect', false],
  ['force-ssl-redirect', 'TRUE', 'forceSslRedirect', true],
  ['preserve-trailing-slash', 't', 'preserveTrailingSlash', true],
  ['proxy-connect-timeout', '10', 'connectTimeout', '10s'],
  ['proxy-connect-timeout', '007', 'connectTimeout', '7s'],
  ['proxy-send-timeout', '0', 'sendTimeout', '0s'],
  ['proxy-read-timeout', ' 3600 ', 'readTimeout', '3600s'],
  ['proxy-body-size', '0', 'bodySize', '0'],
  ['proxy-body-size', '8M', 'bodySize', '8M'],
  ['proxy-body-size', '2g', 'bodySize', '2g'],
  ['proxy-buffer-size', '64m', 'bufferSize', '64m'],
  ['proxy-buffers-number', '2', 'buffersNumber', 2],
  ['proxy-max-temp-file-size', '0', 'maxTempFileSize', '0'],
  ['proxy-max-temp-file-size', '2g', 'maxTempFileSize', '2048m'],
  ['proxy-buffering', 'on', 'buffering', 'on'],
  ['proxy-request-buffering', 'off', 'requestBuffering', 'off'],
  ['proxy-http-version', '1.0', 'httpVersion', '1.0'],
  ['proxy-next-upstream', 'error timeout  http_502', 'nextUpstream', ['error', 'timeout', 'http_502']],
  ['proxy-next-upstream', 'off', 'nextUpstream', ['off']],
  ['proxy-next-upstream-timeout', '999999', 'nextUpstreamTimeout', 999_999],
  ['proxy-next-upstream-tries', '0', 'nextUpstreamTries', 0],
  ['client-body-buffer-size', '1k', 'clientBodyBufferSize', '1k'],
  ['auth-type', 'basic', 'type', 'basic'],
  ['auth-type', ' digest ', 'type', 'digest'],
  ['auth-secret-type', 'auth-map', 'format', 'auth-map'],
  ['auth-secret', 'users', 'secret', 'users'],
  ['auth-secret', 'other/users', 'secret', 'other/users'],
  ['auth-realm', 'Members only: /a~b.c_d-1', 'realm', 'Members only: /a~b.c_d-1'],
  ['auth-realm', 'off', 'realm', 'off'],
  ['auth-url', 'http://a.test', 'url', { url: 'http://a.test/', host: 'a.test' }],
  ['auth-method', 'POST', 'method', 'POST'],
  ['auth-signin', 'https://$host/in?a=b', 'signin', { url: 'https://$host/in?a=b', host: '$host' }],
  ['auth-signin-redirect-param', 'back', 'signinParameter', 'back'],
  ['auth-response-headers', 'X-User, X-Mail', 'responseHeaders', ['X-User', 'X-Mail']],
  ['auth-request-redirect', '/x?y=z', 'requestRedirect', '/x?y=z'],
  ['auth-cache-key', '$remote_addr', 'cacheKey', '$remote_addr'],
  ['auth-cache-key', '$remote_user$http_authorization', 'cacheKey', '$remote_user$http_authorization'],
  ['auth-cache-duration', '200 202 5m,30s', 'cacheDuration', [['200', '202', '5m'], ['30s']]],
  ['auth-always-set-cookie', 'true', 'alwaysSetCookie', true],
  ['enable-global-auth', 'false', 'global', false],
  ['satisfy', 'any', 'satisfy', 'any'],
  ['backend-protocol', 'grpcs', 'protocol', 'GRPCS'],
  ['upstream-vhost', 'a.test', 'host', 'a.test'],
  ['connection-proxy-header', 'close', 'connection', 'close'],
  ['proxy-cookie-domain', 'off', 'cookieDomain', ['off']],
  ['proxy-cookie-path', '/a/  /b/', 'cookiePath', ['/a/', '/b/']],
  ['proxy-redirect-from', 'default', 'redirectFrom', ['default']],
  ['proxy-redirect-to', 'http://a.test/?b=c', 'redirectTo', ['http://a.test/?b=c']],
  ['allowlist-source-range', '10.0.0.0/8, 1.1.1.1,10.0.0.0/8', 'allow', ['1.1.1.1', '10.0.0.0/8']],
  ['whitelist-source-range', '10.0.0.0/8', 'allow', ['10.0.0.0/8']],
  ['denylist-source-range', '2001:db8::/32', 'deny', ['2001:db8::/32']],
  ['limit-connections', '5', 'connections', 5],
  ['limit-rps', '5', 'rps', 5],
  ['limit-rpm', '5', 'rpm', 5],
  ['limit-burst-multiplier', '2', 'burst', 2],
  ['limit-allowlist', '10.0.0.0/8', 'exempt', ['10.0.0.0/8']],
  ['limit-rate', '100', 'rate', 100],
  ['limit-rate-after', '10', 'rateAfter', 10],
  ['enable-cors', 'true', 'enabled', true],
  ['cors-allow-origin', 'https://A.test, b.test', 'origins', 'https://a.test'],
  ['cors-allow-methods', 'GET, POST', 'methods', 'GET, POST'],
  ['cors-allow-headers', 'DNT,Range', 'headers', 'DNT,Range'],
  ['cors-allow-credentials', 'false', 'credentials', false],
  ['cors-expose-headers', '*', 'expose', '*'],
  ['cors-max-age', '10', 'maxAge', 10],
  ['temporal-redirect', 'https://a.test/?b=c', 'temporal', 'https://a.test/?b=c'],
  ['temporal-redirect-code', '307', 'temporalCode', 307],
  ['permanent-redirect', '/elsewhere', 'permanent', '/elsewhere'],
  ['permanent-redirect-code', '999', 'permanentCode', 999],
  ['relative-redirects', 'true', 'relative', true],
  ['from-to-www-redirect', 'true', 'fromToWww', true],
  ['app-root', '/app/$host', 'appRoot', '/app/$host'],
  ['use-port-in-redirects', 'true', 'usePort', true],
  ['server-alias', 'B.test, *.a.test,,~^x\\d$', 'aliases', ['b.test', '*.a.test', '~^x\\d$']],
  ['service-upstream', 'true', 'serviceUpstream', true],
  ['load-balance', 'ewma', 'loadBalance', 'ewma'],
  ['upstream-hash-by', '${host}-$request_uri', 'hashBy', '${host}-$request_uri'],
  ['upstream-hash-by-subset', 'true', 'hashBySubset', true],
  ['upstream-hash-by-subset-size', '0', 'hashBySubsetSize', 0],
  ['canary', 'true', 'canary', true],
  ['canary-weight', '+30', 'weight', 30],
  ['canary-weight', '-1', 'weight', -1],
  ['canary-weight-total', '1000', 'weightTotal', 1000],
  ['canary-by-header', 'X-Canary', 'header', 'X-Canary'],
  ['canary-by-header-value', 'two words', 'headerValue', 'two words'],
  ['canary-by-header-pattern', '^(de|at)$', 'headerPattern', '^(de|at)$'],
  ['canary-by-cookie', 'canary', 'cookie', 'canary'],
  ['affinity', 'cookie', 'affinity', 'cookie'],
  ['affinity-mode', 'persistent', 'mode', 'persistent'],
  ['affinity-canary-behavior', 'legacy', 'canaryBehavior', 'legacy'],
  ['session-cookie-name', 'route', 'name', 'route'],
  ['session-cookie-secure', 'true', 'secure', true],
  ['session-cookie-expires', '172800', 'expires', 172_800],
  ['session-cookie-max-age', '-1', 'maxAge', -1],
  ['session-cookie-path', '/app', 'path', '/app'],
  ['session-cookie-domain', '.example.com', 'domain', '.example.com'],
  ['session-cookie-samesite', 'lax', 'sameSite', 'Lax'],
  ['session-cookie-conditional-samesite-none', 'true', 'conditionalSameSiteNone', true],
  ['session-cookie-change-on-failure', 'true', 'changeOnFailure', true],
  ['service-upstream', '1', 'serviceUpstream', true],
  ['ssl-ciphers', 'HIGH:!aNULL', 'ciphers', 'HIGH:!aNULL'],
  ['ssl-passthrough', 'true', 'passthrough', true],
  ['ssl-prefer-server-ciphers', 'false', 'preferServerCiphers', false],
  ['auth-tls-secret', 'default/other', 'secret', 'default/other'],
  ['auth-tls-verify-client', 'optional_no_ca', 'verify', 'optional_no_ca'],
  ['auth-tls-verify-depth', '2', 'depth', 2],
  ['auth-tls-error-page', 'https://x.test/sorry', 'errorPage', 'https://x.test/sorry'],
  ['auth-tls-pass-certificate-to-upstream', 'true', 'passCertificate', true],
  ['auth-tls-match-cn', 'CN=alice', 'subject', 'CN=alice'],
  ['default-backend', 'errors', 'defaultBackend', 'errors'],
  [
    'mirror-target',
    'http://a.test/x',
    'target',
    { url: 'http://a.test/x$is_args$args', host: 'a.test', written: 'http://a.test/x' },
  ],
  ['proxy-busy-buffers-size', '8k', 'busyBuffersSize', '8k'],
  ['http2-push-preload', 'true', 'pushPreload', true],
  ['enable-opentelemetry', 'T', 'enabled', true],
  ['opentelemetry-trust-incoming-span', 'false', 'trust', false],
  ['opentelemetry-operation-name', 'list-orders_2 x', 'name', 'list-orders_2 x'],
  [
    'rate-limits',
    'key=$http_x rate=10r/m',
    'rateLimits',
    [{ key: '$http_x', count: 10, seconds: 60, burst: 10 }],
  ],
  ['request-headers', 'remove X-A', 'requestHeaders', [{ kind: 'remove', name: 'X-A' }]],
  ['response-headers', 'add X-A: b', 'responseHeaders', [{ kind: 'add', name: 'X-A', value: 'b' }]],
  ['redirects', '/a /b 301', 'redirects', [{ match: 'path', from: '/a', to: '/b', code: 301, when: null }]],
  ['enable-access-log', 'false', 'access', false],
  ['enable-rewrite-log', 'true', 'rewrite', true],
  ['mirror-request-body', 'off', 'body', 'off'],
  ['mirror-host', '$host', 'host', '$host'],
  ['fastcgi-index', 'index.php', 'index', 'index.php'],
  ['fastcgi-params-configmap', 'php', 'params', 'php'],
  ['fastcgi-params-configmap', 'default/php', 'params', 'default/php'],
  ['proxy-ssl-secret', 'default/other', 'secret', 'default/other'],
  ['proxy-ssl-ciphers', 'HIGH:!AES', 'ciphers', 'HIGH:!AES'],
  ['proxy-ssl-protocols', 'TLSv1.3  TLSv1.2 TLSv1.3', 'protocols', ['TLSv1.2', 'TLSv1.3']],
  ['proxy-ssl-name', 'web.default.svc', 'name', 'web.default.svc'],
  ['proxy-ssl-name', '${service_name}.$namespace.svc', 'name', '${service_name}.$namespace.svc'],
  ['proxy-ssl-verify', 'on', 'verify', 'on'],
  ['proxy-ssl-verify-depth', '0', 'depth', 1],
  ['proxy-ssl-verify-depth', '100', 'depth', 100],
  ['proxy-ssl-server-name', 'on', 'serverName', 'on'],
  ['custom-http-errors', '404, 503', 'codes', [404, 503]],
  ['disable-proxy-intercept-errors', 'true', 'keepBackendErrors', true],
  ['configuration-snippet', ' a b;\n  c { d; }', 'location', 'a b;\nc { d; }'],
  ['server-snippet', 'a b;', 'server', 'a b;'],
  ['auth-proxy-set-headers', 'default/headers', 'proxySetHeaders', 'default/headers'],
  ['auth-keepalive', '8', 'keepalive', 8],
  ['auth-keepalive-share-vars', 'true', 'keepaliveShareVars', true],
  ['auth-keepalive-requests', '10', 'keepaliveRequests', 10],
  ['auth-keepalive-timeout', '5', 'keepaliveTimeout', 5],
  ['custom-headers', 'default/headers', 'custom', 'default/headers'],
  ['enable-modsecurity', 'true', 'enabled', true],
  ['enable-owasp-core-rules', 'true', 'coreRules', true],
  ['modsecurity-transaction-id', 'x-$request_id', 'transactionId', 'x-$request_id'],
  [
    'modsecurity-snippet',
    'SecRuleEngine On\n SecRule A "b" "msg:\\\'c\\\'"',
    'rules',
    'SecRuleEngine On\nSecRule A "b" "msg:\'c\'"',
  ],
  ['auth-snippet', 'a b;', 'snippet', 'a b;'],
  ['stream-snippet', ' a b;\n  c {}', 'stream', 'a b;\nc {}'],
];

describe('annotations that are taken', () => {
  for (const [name, text, field, value] of accepted) {
    it(`${name}: ${JSON.stringify(text)}`, () => {
      const leader = leaderOf(name);
      const result = read({ ...leader, [name]: text });
      expect(lines(result)).to.deep.equal([]);
      expect(result.outcome).to.equal('accepted');
      expect(given(result)).to.deep.equal({ ...given(read(leader)), [field]: value });
    });
  }

  it('include one of every kind there is', () => {
    const names = new Set(accepted.map(([name]) => name));
    expect(tableEntries().filter(({ name }) => !names.has(name))).to.deep.equal([]);
  });
});

/** Made of directives, so that other texts are hostile for them. */
function isSnippet({ type }: Annotation<unknown>): boolean {
  return type === snippet || type === securityRules;
}

function tableEntries(): readonly Annotation<unknown>[] {
  return Object.values<Readonly<Record<string, Annotation<unknown>>>>(annotationFamilies).flatMap((family) =>
    Object.values(family),
  );
}

/** Values that no type may take, whatever it is: more than one word for nginx, or several lines. */
const HOSTILE = [
  'x; include /etc/passwd',
  '1;',
  'true;',
  'on; x',
  '8k;}',
  '/a"b',
  "/a'b",
  '/a\\b',
  '/a{b}',
  '/a#b',
  '/a?b=c',
  'true\nx',
  '1\nx',
  '/a\nb',
  '/a\rb',
  'on\r\nx',
  '8k\u0000',
  '/\u202ea',
  '$evil',
  '/$',
  '/${host}',
  'x'.repeat(5000),
] as const;

/** Values of those above that are good ones for some. */
const harmless: Readonly<Record<string, readonly string[]>> = {
  'permanent-redirect': ['/a?b=c'],
  'auth-request-redirect': ['/a?b=c'],
  'proxy-redirect-from': ['/a?b=c'],
  'proxy-redirect-to': ['/a?b=c'],
  'upstream-hash-by': ['$evil'],
  'session-cookie-path': ['/a?b=c'],
  'canary-by-header-pattern': ['/a\\b', '/a{b}', '/a?b=c', '/$', '$evil', '/${host}'],
};

describe('words of the block list', () => {
  const blocked = (annotations: Readonly<Record<string, string>>, ...words: readonly string[]) => {
    const given = { ...ingress({}), metadata: { ...ingress({}).metadata, annotations } };
    const result = readAnnotations(given, OBJECT, { ...rules, annotationValueWordBlocklist: words });
    return { outcome: result.outcome, found: result.problems.map(({ code, field }) => `${code} ${field}`) };
  };
  const key = `${PREFIX}/upstream-vhost`;

  it('leave an Ingress out whose value holds one', () =>
    expect(blocked({ [key]: 'inner.example.com' }, 'nothing', 'example')).to.deep.equal({
      outcome: 'rejected',
      found: [`annotation-blocked metadata.annotations["${key}"]`],
    }));

  it('are compared as they are written, with values of ours only', () => {
    expect(blocked({ [key]: 'inner.example.com' }, 'Example').outcome).to.equal('accepted');
    expect(blocked({ 'example.com/note': 'example' }, 'example').outcome).to.equal('accepted');
    expect(blocked({ [key]: 'inner.example.com' }).outcome).to.equal('accepted');
  });
});

/** Of values that nobody takes for an attack. */
const MILD = { default: 'warning', denied: 'denied', rejected: 'refused' } as const;

describe('annotations that are not taken', () => {
  for (const entry of tableEntries()) {
    const { name, invalid, admission, badCountsAs } = entry;
    if (isSnippet(entry)) continue;
    it(`${name} takes no hostile value`, () => {
      for (const text of HOSTILE) {
        if (harmless[name]?.includes(text) === true) continue;
        const leader = leaderOf(name);
        const result = read({ ...leader, [name]: text });
        const values = Object.values(given(result)).filter((value) => value !== badCountsAs);
        const before = Object.values(given(read(leader)));
        expect(values, JSON.stringify(text)).to.deep.equal(before);
        expect(lines(result)).to.deep.equal([
          `${admission !== 'refuse' && !looksHostile(text) && admission?.test(text) !== true ? MILD[invalid] : 'refused'} annotation-invalid metadata.annotations["${PREFIX}/${name}"]`,
        ]);
        expect(result.outcome).to.equal(invalid === 'default' ? 'accepted' : invalid);
      }
    });
  }

  const refused: readonly (readonly [string, string])[] = [
    ['use-regex', 'yes'],
    ['proxy-connect-timeout', '10s'],
    ['proxy-connect-timeout', '-1'],
    ['proxy-connect-timeout', '1.5'],
    ['proxy-body-size', '15r'],
    ['proxy-body-size', '8mb'],
    ['proxy-buffer-size', '0'],
    ['proxy-buffer-size', '1g'],
    ['proxy-buffer-size', '65m'],
    ['proxy-buffers-number', '1'],
    ['proxy-buffers-number', '1025'],
    ['proxy-buffering', 'ON'],
    ['proxy-http-version', '2'],
    ['proxy-next-upstream', 'errortimeout'],
    ['proxy-next-upstream', 'updating'],
    ['proxy-next-upstream', ','],
    ['proxy-next-upstream-tries', '-1'],
    ['client-body-buffer-size', '1b'],
    ['proxy-ssl-ciphers', 'NOTHING'],
    ['proxy-ssl-protocols', 'TLSv1.1'],
    ['proxy-ssl-protocols', 'TLSv1.2TLSv1.3'],
    ['proxy-ssl-name', '$http_x_name'],
    ['proxy-ssl-name', 'a{b'],
    ['proxy-ssl-verify', 'yes'],
    ['proxy-ssl-verify-depth', '-1'],
    ['proxy-ssl-verify-depth', '101'],
    ['proxy-ssl-server-name', 'ON'],
    ['auth-type', 'Basic'],
    ['auth-type', 'xdigest'],
  ];
  for (const [name, text] of refused) {
    it(`${name}: ${JSON.stringify(text)}`, () => {
      const leader = leaderOf(name);
      const result = read({ ...leader, [name]: text });
      expect(given(result)).to.deep.equal(given(read(leader)));
      expect(result.problems.map(({ code }) => code)).to.deep.equal(['annotation-invalid']);
      expect(result.problems[0]?.message).to.include(`"${text}" `);
    });
  }

  it('are not looked at without the annotation that they belong to', () => {
    const idle = read({ 'auth-tls-match-cn': 'alice', 'auth-method': 'FETCH', 'auth-cache-duration': '5' });
    expect([given(idle), lines(idle), idle.outcome]).to.deep.equal([{}, [], 'accepted']);
  });

  it('are refused without it when they look like an attack', () => {
    const hostile = read({ 'auth-tls-match-cn': 'CN=abc #(\n){}\n }}\nssl_engine /aaa;\n#' });
    expect(lines(hostile)).to.deep.equal([
      `refused annotation-invalid metadata.annotations["${PREFIX}/auth-tls-match-cn"]`,
    ]);
  });

  it('leave the others in force', () => {
    const result = read({ 'proxy-body-size': 'much', 'proxy-read-timeout': '7' });
    expect(given(result)).to.deep.equal({ readTimeout: '7s' });
    expect(result.outcome).to.equal('accepted');
  });
});

describe('what annotations do to their Ingress (behaviour 9)', () => {
  const outcomes: readonly (readonly [
    string,
    Readonly<Record<string, string>>,
    ReadAnnotations['outcome'],
    readonly string[],
  ])[] = [
    ['nothing where there are none', {}, 'accepted', []],
    ['nothing where the value is blank', { 'use-regex': ' ', 'x-forwarded-prefix': '' }, 'accepted', []],
    [
      'left out by a bad value that rejects',
      { 'x-forwarded-prefix': '/a;' },
      'rejected',
      ['refused annotation-invalid'],
    ],
    [
      'denied by a bad value that would restrict access',
      { 'auth-type': 'basic', 'auth-secret': '"' },
      'denied',
      ['refused annotation-invalid'],
    ],
    ['not denied by a blank one', { 'whitelist-source-range': '', 'auth-type': ' ' }, 'accepted', []],
    [
      'left out rather than denied',
      { 'auth-type': 'basic', 'auth-secret': '"', 'client-body-buffer-size': 'x' },
      'rejected',
      ['refused annotation-invalid', 'refused annotation-invalid'],
    ],
    ['warned of what nobody knows', { 'proxy-bodysize': '1m' }, 'accepted', ['warning annotation-unknown']],
  ];
  it('taken for false where a bad value counts as that', () => {
    const result = read({ 'service-upstream': 'perhaps' });
    expect(result.values.backend.serviceUpstream).to.equal(false);
    expect(result.problems.map(({ code }) => code)).to.deep.equal(['annotation-invalid']);
  });

  it('told what it may have meant', () => {
    const told = (name: string) => read({ [name]: '1' }).problems.map(({ message }) => message);
    const nothing = 'is not an annotation of this controller; it is ignored';
    expect(told('proxy-bodysize')).to.deep.equal([`${nothing}; did you mean proxy-body-size?`]);
    expect(told('made-up-by-somebody')).to.deep.equal([nothing]);
  });

  for (const [what, annotations, outcome, problems] of outcomes) {
    it(what, () => {
      const result = read(annotations);
      expect(result.outcome).to.equal(outcome);
      expect(result.problems.map(({ severity, code }) => `${severity} ${code}`)).to.deep.equal(problems);
    });
  }

  it('names annotations under the prefix of the flag only', () => {
    const annotations = { 'example.com/use-regex': 'true', [`${PREFIX}/use-regex`]: 'nonsense' };
    const result = read(annotations, 'example.com');
    expect(given(result)).to.deep.equal({ useRegex: true });
    expect(lines(result)).to.deep.equal([]);
  });

  it('does not look at annotations of others', () => {
    const result = read({ 'kubernetes.io/ingress.class': 'nginx', 'example.com/x': 'y' });
    expect([given(result), lines(result)]).to.deep.equal([{}, []]);
  });

  it('shows only the beginning of a long value', () => {
    const [problem] = read({ 'proxy-body-size': 'x'.repeat(3000) }).problems;
    expect(problem?.message.length).to.be.below(250);
  });
});

describe('tables of annotations', () => {
  it('name each annotation once', () => {
    const names = tableEntries().map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).to.deep.equal([]);
  });

  it('document every annotation', () => {
    for (const { doc, type } of tableEntries()) {
      expect(doc).to.match(/^[A-Z].*\.$/);
      expect(type.name).not.to.equal('');
    }
  });
});
