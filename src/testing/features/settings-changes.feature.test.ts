/** Every key of the ConfigMap changes while requests run, and none of them is lost. */
import { join } from 'node:path';
import { expect } from 'chai';
import { readSettings } from '../../config/settings/read.ts';
import { settingsTable } from '../../config/settings/table.ts';
import { makePair } from '../harness/certificates.ts';
import {
  keptConnections,
  keptTlsConnections,
  newConnections,
  newTlsConnections,
} from '../harness/load-ways.ts';
import { runLoad } from '../harness/load.ts';
import type { LoadReport } from '../harness/load.ts';
import { configMap, endpoints, ingress, ingressClass, service, tlsSecret } from '../harness/objects.ts';
import { annotations } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

const HOST = 'load.test';
const RATE = 100;
/** Keys of one change; those of the change before go back to their defaults with it. */
const TOGETHER = 14;

const CLOSES = 'nginx closes sockets that it listened on; the kernel resets connections that wait there';

/** Keys with which some connections cannot be answered while they change, by whatever nginx serves. */
const apart: Readonly<Record<string, string>> = {
  'use-proxy-protocol': 'refuses connections without a PROXY header, and is refused where one is sent before',
  'bind-address': CLOSES,
  'bind-address-ipv4': CLOSES,
  'reuse-port': CLOSES,
  // Each worker has a socket of its own.
  'worker-processes': CLOSES,
};

/** What neither the opposite, nor another of several words, nor the next number is. */
function ownValues(folder: string, authentication: string): Readonly<Record<string, string>> {
  const log = (name: string) => join(folder, `${name}.log`);
  return {
    'proxy-body-size': '2m',
    'proxy-buffer-size': '8k',
    'proxy-busy-buffers-size': '8k',
    'proxy-max-temp-file-size': '512m',
    'proxy-next-upstream': 'error timeout http_502',
    'client-body-buffer-size': '16k',
    'client-header-buffer-size': '2k',
    'no-tls-redirect-locations': '/a',
    'upstream-keepalive-time': '2h',
    'worker-shutdown-timeout': '200s',
    'worker-processes': '1',
    'max-worker-open-files': '10000',
    'ssl-protocols': 'TLSv1.2',
    'annotations-risk-level': 'Medium',
    'whitelist-source-range': '127.0.0.0/8',
    'denylist-source-range': '192.0.2.0/24',
    'block-cidrs': '192.0.2.0/24',
    'debug-connections': '192.0.2.1',
    'proxy-real-ip-cidr': '10.0.0.0/8',
    'nginx-status-ipv4-whitelist': '10.0.0.0/8',
    'nginx-status-ipv6-whitelist': 'fd00::/8',
    'limit-rate': '1000',
    'limit-conn-zone-variable': '$http_x_user',
    'global-auth-url': authentication,
    'global-auth-method': 'GET',
    'global-auth-signin': 'http://in.test/',
    'global-auth-signin-redirect-param': 'back',
    'global-auth-response-headers': 'X-User',
    'global-auth-request-redirect': '/x',
    'global-auth-cache-key': '$http_cookie',
    'global-auth-cache-duration': '200 1m',
    'global-auth-snippet': 'proxy_set_header X-Asked 1;',
    'no-auth-locations': '/b',
    'forwarded-for-header': 'X-Client',
    'forwarded-host-header': 'X-Host',
    'forwarded-for-proxy-protocol-header': 'X-Inner',
    'proxy-protocol-header-timeout': '6s',
    'large-client-header-buffers': '8 16k',
    'hide-headers': 'X-A',
    'gzip-types': 'text/css',
    'gzip-disable': 'msie6',
    'brotli-types': 'text/css',
    'block-user-agents': 'BadBot',
    'block-referers': '~*evil',
    'add-headers': 'default/headers',
    'proxy-set-headers': 'default/headers',
    'global-allowed-response-headers': 'X-A',
    'custom-http-errors': '404',
    'access-log-path': log('access'),
    'http-access-log-path': log('http'),
    'stream-access-log-path': log('stream'),
    'error-log-path': log('error'),
    'access-log-params': 'buffer=16k',
    'skip-access-log-urls': '/c',
    'log-format-upstream': '$status',
    'log-format-stream': '$status',
    'error-log-level': 'info',
    'syslog-host': '127.0.0.1',
    'ssl-ciphers': 'HIGH:!aNULL',
    'ssl-ecdh-curve': 'X25519:prime256v1',
    'ssl-dh-param': 'default/none',
    'ssl-session-cache-size': '5m',
    'ssl-session-timeout': '5m',
    'ssl-session-ticket-key': Buffer.alloc(80, 7).toString('base64'),
    'ssl-buffer-size': '8k',
    'worker-cpu-affinity': 'auto',
    'bind-address': '127.0.0.1',
    'bind-address-ipv4': '127.0.0.1',
    'bind-address-ipv6': '::1',
    'disable-ipv6-dns': 'true',
    'default-type': 'text/plain',
    'lua-shared-dicts': 'mine: 1m',
    'proxy-cookie-domain': 'a.test b.test',
    'proxy-cookie-path': '/a/ /b/',
    'proxy-redirect-from': 'http://a.test/',
    'proxy-redirect-to': 'http://b.test/',
    'proxy-stream-timeout': '601s',
    'proxy-stream-next-upstream-timeout': '601s',
    'main-snippet': 'timer_resolution 100ms;',
    'http-snippet': 'map $uri $of_http { default 1; }',
    'stream-snippet': 'map $remote_addr $of_stream { default 1; }',
    'server-snippet': 'set $of_server 1;',
    'location-snippet': 'more_set_headers "X-Location: 1";',
    'modsecurity-snippet': 'SecRuleEngine DetectionOnly',
    'opentelemetry-config': '/etc/nginx/other.toml',
    'opentelemetry-operation-name': 'fixed',
    'otlp-collector-host': '127.0.0.1',
    'otel-service-name': 'other',
    'otel-sampler-ratio': '0.5',
    'annotation-value-word-blocklist': 'nobody_writes_this',
    'app-root': '/d',
    'upstream-hash-by': '$request_uri',
    'global-external-auth': 'x',
  };
}

function otherThan(usual: string, kind: string): string | null {
  if (kind === 'boolean') return usual === 'true' ? 'false' : 'true';
  if (/^(?:integer from|seconds)/.test(kind))
    return String(kind.endsWith(` to ${usual}`) ? Number(usual) - 1 : Number(usual) + 1);
  if (/^[^ ]+(?: \| [^ ]+)+$/.test(kind)) return kind.split(' | ').find((choice) => choice !== usual) ?? null;
  return null;
}

/** As `force-ssl-redirect` has it, while it is there. */
const REDIRECTS = [301, 308];
const isRedirect = (text: string) => REDIRECTS.some((status) => text.includes(`<title>${status} `));

describe('keys of the ConfigMap, while requests run', function () {
  this.timeout(300_000);

  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const authentication = await stage.backend('authentication');
    const site = [
      ingressClass(),
      configMap('headers', { 'X-More': 'yes' }),
      // Its ClusterIP answers, too.
      service('web', { clusterIP: web.address, ports: [{ name: 'http', port: web.port }] }),
      ...endpoints('web', [web]),
      tlsSecret('pair', await makePair(HOST)),
      ingress('site', {
        annotations: annotations({ 'ssl-redirect': 'false' }),
        rules: { [HOST]: `web:${web.port}` },
        tls: [{ hosts: [HOST], secretName: 'pair' }],
      }),
    ];
    stage.write('site.yaml', ...site);
    stage.write('settings.yaml', configMap('settings', {}));
    const program = await stage.start({
      stdout: join(stage.folder, 'output.log'),
      flags: ['--configmap=default/settings', '--sync-rate-limit=20'],
    });
    return { program, values: ownValues(stage.folder, `http://127.0.0.1:${authentication.port}/`) };
  });

  const valueOf = ({ key, default: usual, type }: (typeof entries)[number]) =>
    the().values[key] ?? otherThan(usual, type.name);
  const entries = Object.values(settingsTable);

  it('each has a good value that is not its default', () => {
    for (const entry of entries) {
      const value = valueOf(entry);
      if (value === null) throw new Error(`say to what ${entry.key} changes`);
      expect(value, entry.key).to.not.equal(entry.default);
      const { faults } = readSettings({
        [entry.key]: value,
        'syslog-host': '127.0.0.1',
        'otlp-collector-host': '::1',
      });
      expect(faults).to.deep.equal([]);
    }
    for (const key of Object.keys(apart)) expect(entries.map((entry) => entry.key)).to.include(key);
  });

  async function under(change: () => Promise<void>): Promise<LoadReport> {
    const { http, https } = the().program.ports;
    const target = { http, https, host: HOST };
    const ways = [
      { way: keptConnections(target), share: 4 },
      { way: keptTlsConnections(target), share: 2 },
      { way: newConnections(target), share: 3 },
      { way: newTlsConnections(target), share: 1 },
    ];
    const over = new AbortController();
    const load = runLoad({
      ways,
      requests: Infinity,
      rate: RATE,
      signal: over.signal,
      pathOf: (number) => `/${number}`,
      statuses: [200, ...REDIRECTS],
      isGood: (text) => text.includes('"backend":"web"') || isRedirect(text),
    });
    try {
      await change();
    } finally {
      over.abort();
    }
    const report = await load;
    for (const { way } of ways) way.close();
    return report;
  }

  it('lose no request when they change, and change back', async () => {
    const { program, stage } = the();
    const all = entries.filter(({ key }) => !Object.hasOwn(apart, key));
    const write = (data: Readonly<Record<string, string>>) =>
      program.reloadAfter(() => stage.write('settings.yaml', configMap('settings', data)));
    const report = await under(async () => {
      for (let first = 0; first < all.length; first += TOGETHER) {
        const group = all.slice(first, first + TOGETHER);
        await write(Object.fromEntries(group.map((entry) => [entry.key, valueOf(entry) ?? ''])));
      }
      await write({});
    });
    expect(report.losses).to.deep.equal([]);
    // How many there are is up to how long the changes take.
    expect(report.answered).to.equal(report.sent).and.be.above(all.length);
  });
});
