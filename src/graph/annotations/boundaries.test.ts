/** The edges of what annotations take: smallest, largest, empty, case. Values just beyond are in no request and no file. */
import { expect } from 'chai';
import { companionsOf } from '../../testing/annotations.ts';
import { annotatedCluster } from '../../testing/builders/annotated-cluster.ts';
import { ingress } from '../../testing/builders/objects.ts';
import { graphOptions } from '../../testing/builders/pipeline.ts';
import { environment } from '../../testing/builders/environment.ts';
import { openRealNginx } from '../../testing/builders/real-nginx.ts';
import { annotationEntries, readAnnotations } from './read.ts';

interface Edges {
  readonly taken: readonly string[];
  readonly beyond: readonly string[];
}

const switches: Edges = { taken: ['1', 't', 'TRUE', '0', 'F', 'False'], beyond: ['yes', 'tRUE', '2', 'on'] };
const onOff: Edges = { taken: ['on', 'off'], beyond: ['ON', 'true'] };
const seconds: Edges = { taken: ['0', '1', ' 3600 '], beyond: ['-1', '1.5', '1s', '1e3', '0x1'] };
const anyNumber: Edges = { taken: ['0', '1', '+1'], beyond: ['1.5', '1k', 'one', '1 2'] };
const networks: Edges = {
  taken: ['0.0.0.0/0', '::/0', '255.255.255.254/32', '::1/128', '1.2.3.4, 2001:DB8::1'],
  beyond: ['255.255.255.255', '1.2.3.4/33', '::/129', '256.0.0.1', 'localhost', '1.2.3', '1.2.3.4/-1'],
};
const buffers: Edges = {
  taken: ['1k', '64m', '64M', '65536k'],
  beyond: ['0', '65m', '65537k', '1g', '1b'],
};
const name64 = 'a'.repeat(63);

const edges: Readonly<Record<string, Edges>> = {
  'rewrite-target': { taken: ['/', '/$1', '/$1/$9'], beyond: ['/$nobody', '/a b;', '/%'] },
  'use-regex': switches,
  'x-forwarded-prefix': { taken: ['/', 'api', '/$1'], beyond: ['/a?b', '/a%', '/$nobody'] },
  'ssl-redirect': switches,
  'force-ssl-redirect': switches,
  'preserve-trailing-slash': switches,
  'proxy-connect-timeout': seconds,
  'proxy-send-timeout': seconds,
  'proxy-read-timeout': seconds,
  'proxy-body-size': { taken: ['0', '1', '1k', '1K', '1m', '1G'], beyond: ['-1', '1b', '1t', '1.5m', '8mb'] },
  'proxy-buffer-size': buffers,
  'proxy-buffers-number': { taken: ['2', '1024'], beyond: ['1', '0', '1025', '2.0'] },
  'proxy-busy-buffers-size': buffers,
  'proxy-max-temp-file-size': { taken: ['0', '1g', '1024M'], beyond: ['-1', '1t'] },
  'proxy-buffering': onOff,
  'proxy-request-buffering': onOff,
  'proxy-http-version': { taken: ['1.0', '1.1'], beyond: ['1', '2', '2.0', 'HTTP/1.1'] },
  'proxy-next-upstream': {
    taken: ['off', 'error,timeout', 'http_429  non_idempotent'],
    beyond: ['http_418', 'Error', ','],
  },
  'proxy-next-upstream-timeout': { taken: ['0', '1000000000'], beyond: ['-1', '1000000001', '1s'] },
  'proxy-next-upstream-tries': { taken: ['0', '1000000000'], beyond: ['-1', '1000000001', 'all'] },
  'client-body-buffer-size': buffers,
  'service-upstream': switches,
  'load-balance': {
    taken: ['round_robin', 'ewma', 'chashsubset'],
    beyond: ['EWMA', 'round-robin', 'random'],
  },
  'upstream-hash-by': {
    taken: ['a', '$host', '${host}-$request_uri', 'a b'],
    beyond: ['a.b', '/', '$host;'],
  },
  'upstream-hash-by-subset': switches,
  'upstream-hash-by-subset-size': anyNumber,
  affinity: { taken: ['cookie'], beyond: ['Cookie', 'cookies', 'ip'] },
  'affinity-mode': { taken: ['balanced', 'persistent'], beyond: ['Balanced', 'sticky'] },
  'affinity-canary-behavior': { taken: ['sticky', 'legacy'], beyond: ['Sticky', 'none'] },
  'session-cookie-name': { taken: ['a', 'A-b_c.d~e'], beyond: ['a b', 'a=b', 'a;'] },
  'session-cookie-secure': switches,
  'session-cookie-expires': { taken: ['0', '-1', '9999999999'], beyond: ['1.5', '1d', '99999999999', '00'] },
  'session-cookie-max-age': { taken: ['0', '-1', '9999999999'], beyond: ['1.5', '1d', '99999999999', '00'] },
  'session-cookie-path': { taken: ['/', '/a,b?c=d&e'], beyond: ['/a b', '/%20', '/;'] },
  'session-cookie-domain': { taken: ['a', '.example.com', 'A_b-c'], beyond: ['a b', 'a/b', 'a:80'] },
  'session-cookie-samesite': { taken: ['None', 'lax', 'STRICT'], beyond: ['Loose', 'None Lax'] },
  'session-cookie-conditional-samesite-none': switches,
  'session-cookie-change-on-failure': switches,
  canary: switches,
  'canary-weight': { taken: ['-1', '0', '100', '101'], beyond: ['1.5', '50%', 'half'] },
  'canary-weight-total': { taken: ['0', '1', '1000000'], beyond: ['1.5', 'all'] },
  'canary-by-header': { taken: ['a', 'X-Canary', 'x_canary'], beyond: ['a b', 'a;b', 'a!'] },
  'canary-by-header-value': { taken: ['a', 'two words', 'a:b/c~d'], beyond: ['a!', 'a;b', 'ü'] },
  'canary-by-header-pattern': { taken: ['a', '^(de|at)$', '.*'], beyond: ['(', '[', '*'] },
  'canary-by-cookie': { taken: ['a', 'A-b_c.d'], beyond: ['a b', 'a=b'] },
  'temporal-redirect': {
    taken: ['http://a.test', 'https://a.test/?b=c&d'],
    beyond: ['ftp://a.test', '/a', 'http://a.test/#b'],
  },
  'temporal-redirect-code': { taken: ['300', '307', '0', '308'], beyond: ['302.5', 'found'] },
  'permanent-redirect': {
    taken: ['/', 'http://a.test', 'a.test'],
    beyond: ['http://a b', 'http://a.test/%20', '"'],
  },
  'permanent-redirect-code': { taken: ['300', '308', '0', '999'], beyond: ['301.0', 'moved'] },
  'relative-redirects': switches,
  'from-to-www-redirect': switches,
  'app-root': { taken: ['/', '/a/b', '/$host'], beyond: ['a', '/a b', '/a?b', '/$nobody'] },
  'use-port-in-redirects': switches,
  'server-alias': {
    taken: ['a', '*.a.test', 'a.*', '~^A\\d+$', 'b.test,,c.test'],
    beyond: ['a b', 'a%b', '~(', 'a_b;'],
  },
  'ssl-ciphers': {
    taken: ['HIGH', 'ECDHE-RSA-AES128-GCM-SHA256:!aNULL'],
    beyond: ['high ciphers', 'NOTHING', 'HIGH;'],
  },
  'ssl-prefer-server-ciphers': switches,
  'ssl-passthrough': switches,
  'backend-protocol': {
    taken: ['HTTP', 'https', 'Auto_Http', 'GRPC', 'grpcs', 'fcgi'],
    beyond: ['AJP', 'HTTP2', 'HTTP,GRPC'],
  },
  'upstream-vhost': { taken: ['a', 'a.test:8080', '[::1]', '$host'], beyond: ['a b', 'a/b', '$nobody'] },
  'connection-proxy-header': { taken: ['close', 'keep-alive'], beyond: ['Close', 'upgrade', 'close, x'] },
  'proxy-cookie-domain': { taken: ['off', 'a b'], beyond: ['a', 'a b c', 'a; b'] },
  'proxy-cookie-path': { taken: ['off', '/ /', '/a/  /b/'], beyond: ['/a', '/a /b /c', '/a; /b'] },
  'proxy-redirect-from': { taken: ['off', 'default', 'http://a.test/'], beyond: ['a b', 'a;'] },
  'proxy-redirect-to': { taken: ['/', 'http://a.test/?b=c'], beyond: ['a b', 'a;'] },
  'allowlist-source-range': networks,
  'whitelist-source-range': networks,
  'denylist-source-range': networks,
  'limit-connections': anyNumber,
  'limit-rps': anyNumber,
  'limit-rpm': anyNumber,
  'limit-burst-multiplier': anyNumber,
  'limit-allowlist': networks,
  'limit-whitelist': networks,
  'limit-rate': anyNumber,
  'limit-rate-after': anyNumber,
  'enable-cors': switches,
  'cors-allow-origin': {
    taken: ['*', 'null', 'https://A.test', 'https://*.a.test:65535', 'https://a.test, *'],
    beyond: ['https://a.test%', 'https://ü.test'],
  },
  'cors-allow-methods': { taken: ['GET', 'get, POST', 'GET,POST'], beyond: ['*', 'GET;POST', 'GET\nPOST'] },
  'cors-allow-headers': { taken: ['DNT', 'dnt, X_y'], beyond: ['*', 'a:b', 'a\nb'] },
  'cors-allow-credentials': switches,
  'cors-expose-headers': { taken: ['*', 'X-A', 'X-A, X-B'], beyond: ['a:b', 'a!'] },
  'cors-max-age': { taken: ['0', '-1', '86400'], beyond: ['1h', '1.5'] },
  'auth-type': { taken: ['basic', 'digest', ' basic '], beyond: ['Basic', 'xdigest', 'basic digest'] },
  'auth-secret-type': { taken: ['auth-file', 'auth-map'], beyond: ['auth-File', 'file'] },
  'auth-secret': { taken: ['a', 'a/b', `default/${name64}`], beyond: ['a b', 'a;b', '"a"'] },
  'auth-realm': { taken: ['a', 'off', 'A b: c/d~e'], beyond: ['a"b', 'a;', 'a!'] },
  'auth-url': {
    taken: ['http://a.test', 'https://a.test:8443/b?c=d', 'http://10.0.0.1/'],
    beyond: ['a.test', '/a', 'ftp://a.test/', 'http://', 'http://a..test/'],
  },
  'auth-method': { taken: ['GET', 'TRACE'], beyond: ['get', 'FETCH', 'GET POST'] },
  'auth-signin': {
    taken: ['http://a.test', 'https://$host/a?b=c'],
    beyond: ['login', '/login', 'http://a.test/#b'],
  },
  'auth-signin-redirect-param': { taken: ['rd', 'A_b-c'], beyond: ['a b!', 'a;', 'a"'] },
  'auth-response-headers': {
    taken: ['X-User', 'a,b', 'X-User, X-Email'],
    beyond: ['X User', 'X:User', 'X!'],
  },
  'auth-request-redirect': { taken: ['/', 'http://a.test/b?c=d'], beyond: ['a b', '/%20', '/#'] },
  'auth-cache-key': { taken: ['a', '$remote_user', '${remote_user}-x'], beyond: ['$nobody', 'a b', 'a.b'] },
  'auth-cache-duration': {
    taken: ['0s', '200 1s', '100 599 1y, 30s'],
    beyond: ['1ms', '200', '5', '5m 200', '20 5m', '600 5m', '5min'],
  },
  'auth-always-set-cookie': switches,
  'auth-proxy-set-headers': {
    taken: ['auth-headers', 'default/auth-headers'],
    beyond: ['a b!', 'a/b;', 'a;'],
  },
  'auth-keepalive': { taken: ['0', '-1', '320'], beyond: ['some', '1.5'] },
  'auth-keepalive-share-vars': switches,
  'auth-keepalive-requests': { taken: ['0', '-1', '1000'], beyond: ['some', '1.5'] },
  'auth-keepalive-timeout': { taken: ['0', '-1', '60'], beyond: ['60s', '1.5'] },
  'auth-snippet': { taken: ['proxy_set_header X-A "b";', '# nothing'], beyond: ['a "b', 'a {', '}'] },
  'enable-global-auth': switches,
  satisfy: { taken: ['any', 'all'], beyond: ['Any', 'none', 'any all'] },
  'auth-tls-secret': { taken: ['default/authority'], beyond: ['a b/c', 'a;/b'] },
  'auth-tls-verify-client': {
    taken: ['on', 'off', 'optional', 'optional_no_ca'],
    beyond: ['On', 'true', 'required'],
  },
  'auth-tls-verify-depth': { taken: ['0', '1', '100'], beyond: ['-1', '101', '1.5'] },
  'auth-tls-error-page': {
    taken: ['http://a.test/', '/sorry', 'https://a.test/b'],
    beyond: ['a b', '/a;', '/"'],
  },
  'auth-tls-pass-certificate-to-upstream': switches,
  'auth-tls-match-cn': {
    taken: ['CN=a', 'CN=.*', 'CN=(a|b),O=c'],
    beyond: ['cn=a', 'alice', 'CN=(', 'CN=a;'],
  },
  'default-backend': { taken: ['a', 'spare', name64], beyond: ['a/b', 'a b', 'A;'] },
  'custom-http-errors': {
    taken: ['400', '599', '404, 503', '404,404'],
    beyond: ['399', '600', '404500', '404 500', ',00'],
  },
  'disable-proxy-intercept-errors': switches,
  'configuration-snippet': {
    taken: ['more_set_headers "A: b";', '# nothing'],
    beyond: ['a "b', 'a {', '}', 'a'],
  },
  'server-snippet': {
    taken: ['more_set_headers "A: b";', 'location /own { return 200; }'],
    beyond: ['a "b', 'a {', '}'],
  },
  'stream-snippet': {
    taken: ['# nothing', 'server { listen 127.0.0.1:9999; return a; }'],
    beyond: ['a "b', 'server {', '}'],
  },
  'custom-headers': { taken: ['more-headers', 'default/more-headers'], beyond: ['a b!', 'a/b;', 'a;'] },
  'enable-modsecurity': switches,
  'enable-owasp-core-rules': switches,
  'modsecurity-transaction-id': {
    taken: ['a', '$request_id', 'a-${request_id}'],
    beyond: ['a b!', '$nobody', 'a;'],
  },
  'modsecurity-snippet': {
    taken: ['SecRuleEngine On', '# nothing'],
    beyond: ['Include /etc/passwd', 'SecRemoteRules a http://a.test/'],
  },
  'proxy-ssl-secret': { taken: ['default/authority'], beyond: ['a b/c', 'a;/b'] },
  'proxy-ssl-ciphers': { taken: ['DEFAULT', 'HIGH:!aNULL'], beyond: ['NOTHING', 'HIGH;'] },
  'proxy-ssl-protocols': {
    taken: ['TLSv1.2', 'TLSv1.3 TLSv1.2'],
    beyond: ['TLSv1.1', 'tlsv1.2', 'TLSv1.2TLSv1.3', 'SSLv3'],
  },
  'proxy-ssl-name': {
    taken: ['a', 'web.default.svc', '${service_name}.$namespace.svc'],
    beyond: ['a b', '$http_x', 'a{b'],
  },
  'proxy-ssl-verify': onOff,
  'proxy-ssl-verify-depth': { taken: ['0', '1', '100'], beyond: ['-1', '101', '1.5'] },
  'proxy-ssl-server-name': onOff,
  'fastcgi-index': { taken: ['a', 'index.php'], beyond: ['a b', 'a;', '$uri'] },
  'fastcgi-params-configmap': { taken: ['php', 'default/php'], beyond: ['a b', 'a;'] },
  'mirror-target': {
    taken: ['http://a.test', 'https://a.test:8443/b$request_uri'],
    beyond: ['a.test', 'ftp://a.test/', 'http://$http_x/', 'http://'],
  },
  'mirror-request-body': onOff,
  'mirror-host': { taken: ['a', 'a.test:8080', '$host'], beyond: ['a b', 'a;', 'a"'] },
  'enable-access-log': switches,
  'enable-rewrite-log': switches,
  'http2-push-preload': switches,
  'enable-opentelemetry': switches,
  'opentelemetry-trust-incoming-span': switches,
  'opentelemetry-operation-name': { taken: ['a', 'list orders_2-x'], beyond: ['a!', 'a.b', '$host'] },
  'rate-limits': {
    taken: ['key=$host rate=1r/s', 'key=$host rate=1r/h burst=1'],
    beyond: [
      'key=a rate=1r/s',
      'key=$host rate=0r/s',
      'rate=1r/s',
      'key=$host rate=1r/d',
      'key=$host rate=1r/s burst=0',
    ],
  },
  'request-headers': {
    taken: ['remove X-A', 'add X-A: $host'],
    beyond: ['put X-A: b', 'set X A: b', 'remove Host', 'set X-A: ü'],
  },
  'response-headers': {
    taken: ['remove X-A', 'add X-A: $host'],
    beyond: ['put X-A: b', 'set X A: b', 'remove Content-Length', 'set X-A: ü'],
  },
  redirects: {
    taken: ['/a /b 301', '~*^/A(.*)$ https://$host/$1 308 if query b=c'],
    beyond: ['/a /b 300', '/a /b 304', '/a b 301', 'a /b 301', '/a /b'],
  },
};

const faults = (annotations: Readonly<Record<string, string>>) =>
  readAnnotations(
    ingress({ annotations }),
    { kind: 'Ingress', namespace: 'default', name: 'web' },
    {
      ...graphOptions,
      allowSnippetAnnotations: true,
      annotationsRiskLevel: 'Critical',
      annotationValueWordBlocklist: [],
    },
  ).problems.map(({ field, message }) => `${field} ${message}`);

describe('edges of annotations', () => {
  it('are known for every annotation', () => {
    expect(Object.keys(edges).sort()).to.deep.equal(
      annotationEntries.flatMap(({ name, aliases = [] }) => [name, ...aliases]).sort(),
    );
  });

  for (const [name, { taken, beyond }] of Object.entries(edges)) {
    const others = companionsOf(name);
    it(`${name} takes ${JSON.stringify(taken)}`, () => {
      for (const value of taken)
        expect(faults({ ...others, [name]: value }), JSON.stringify(value)).to.deep.equal([]);
    });

    it(`${name} does not take ${JSON.stringify(beyond)}`, () => {
      for (const value of beyond) {
        const told = faults({ ...others, [name]: value });
        expect(told, JSON.stringify(value)).to.have.length(1);
        expect(told[0]).to.include(`/${name}"`);
      }
    });

    it(`${name} is as absent when it is empty`, () => {
      for (const value of ['', ' ', '\n']) {
        const read = faults({ ...others, [name]: value });
        expect(read, JSON.stringify(value)).to.deep.equal(faults(others));
      }
    });
  }

  it('are all taken by nginx, each in a host of its own', async () => {
    const nginx = await openRealNginx();
    try {
      const sites = Object.entries(edges).flatMap(([name, { taken }]) =>
        taken.map((value, index) => {
          const host = `${name}-${index}.example.com`;
          const annotations = { ...companionsOf(name), [name]: value };
          return ingress({ name: `${name}-${index}`, host, annotations });
        }),
      );
      const machine = { ...nginx.environment, passthrough: environment({ passthrough: true }).passthrough };
      const options = { streams: { ...graphOptions.streams, passthrough: true } };
      expect(await nginx.check([...annotatedCluster(), ...sites], machine, options)).to.deep.equal({
        ok: true,
      });
    } finally {
      await nginx.close();
    }
  });
});
