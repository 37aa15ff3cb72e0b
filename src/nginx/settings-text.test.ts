/** What keys of the ConfigMap make nginx.conf say, in the words that scripts look for (compat/nginx-conf.md section 3). */
import { expect } from 'chai';
import { configMap, ingress, service, slice } from '../testing/builders/objects.ts';
import { ingressClass } from '../testing/builders/objects.ts';
import { environment } from '../testing/builders/environment.ts';
import { render } from '../testing/builders/render.ts';
import { readSettings } from '../config/settings/read.ts';
import { settingsTable } from '../config/settings/table.ts';
import { geoDatabasesOf } from './geo-files.ts';

type Data = Readonly<Record<string, string>>;

const objects = [
  ingressClass(),
  service(),
  slice(),
  ingress({ host: 'a.example.com', annotations: { 'limit-connections': '5' } }),
];

async function textWith(data: Data, overrides: Parameters<typeof environment>[0] = {}): Promise<string> {
  const rendered = await render([...objects, configMap(data)], { environment: environment(overrides) });
  return rendered.text;
}

const auth = { 'global-auth-url': 'http://auth.test/check' };
const proxy = { 'use-forwarded-headers': 'true' };
const keeps = { ...auth, 'global-auth-cache-key': '$http_cookie' };

/** A key, its value, what must be there then and is not with the default, and keys that it needs. */
const rows: readonly (readonly [key: string, value: string, lines: readonly string[], besides?: Data])[] = [
  ['retry-non-idempotent', 'true', ['proxy_next_upstream error timeout non_idempotent ;']],
  ['client-header-buffer-size', '2k', ['client_header_buffer_size 2k;']],
  ['client-header-timeout', '30', ['client_header_timeout 30s;']],
  ['client-body-timeout', '30', ['client_body_timeout 30s;']],
  ['hsts-include-subdomains', 'false', ['default "max-age=31536000";']],
  ['hsts-preload', 'true', ['default "max-age=31536000; includeSubDomains; preload";']],
  ['keep-alive-requests', '5', ['keepalive_requests 5;']],
  ['upstream-keepalive-time', '2h', ['keepalive_time 2h;']],
  ['upstream-keepalive-timeout', '7', ['keepalive_timeout 7s;']],
  ['upstream-keepalive-requests', '99', ['keepalive_requests 99;']],
  ['limit-conn-status-code', '429', ['limit_conn_status 429;']],
  ['limit-conn-zone-variable', '$http_x_user', ['default $http_x_user;']],
  ['global-auth-method', 'POST', ['proxy_method POST;'], auth],
  ['global-auth-signin', 'http://auth.test/in', ['http://auth.test/in?rd='], auth],
  [
    'global-auth-signin-redirect-param',
    'back',
    ['http://auth.test/in?back='],
    { ...auth, 'global-auth-signin': 'http://auth.test/in' },
  ],
  ['global-auth-request-redirect', '/start', ['Redirect /start;'], auth],
  ['global-auth-cache-key', '$http_cookie', ['$http_cookie', 'auth_cache'], auth],
  ['global-auth-cache-duration', '200 7m', ['proxy_cache_valid 200 7m;'], keeps],
  ['global-auth-always-set-cookie', 'true', ['add_header Set-Cookie $auth_cookie always;'], auth],
  ['global-auth-snippet', 'proxy_set_header X-Asked yes;', ['proxy_set_header X-Asked yes;'], auth],
  ['forwarded-host-header', 'X-Old-Host', ['$http_x_old_host'], proxy],
  [
    'forwarded-for-proxy-protocol-header',
    'X-Inner',
    ['client_address_header = "X_Inner",', 'real_ip_header X_Inner;'],
    { ...proxy, 'use-proxy-protocol': 'true' },
  ],
  ['http2-max-concurrent-streams', '9', ['http2_max_concurrent_streams 9;']],
  ['gzip-level', '6', ['gzip_comp_level 6;'], { 'use-gzip': 'true' }],
  ['enable-multi-accept', 'false', ['multi_accept off;']],
  ['max-worker-open-files', '5000', ['worker_rlimit_nofile 5000;']],
  ['disable-http-access-log', 'true', ['\taccess_log off;\n\n\t# Without']],
  ['lua-shared-dicts', 'mine: 5, small: 512k', ['lua_shared_dict mine 5M;', 'lua_shared_dict small 512K;']],
  [
    'nginx-status-ipv4-whitelist',
    '10.0.0.0/8',
    ['\t\t\tallow 10.0.0.0/8;\n\t\t\tallow ::1;\n\t\t\tdeny all;'],
  ],
  ['nginx-status-ipv6-whitelist', 'fd00::/8', ['\t\t\tallow 127.0.0.1;\n\t\t\tallow fd00::/8;']],
  [
    'enable-brotli',
    'true',
    [
      'ngx_http_brotli_filter_module.so;',
      'ngx_http_brotli_static_module.so;',
      'brotli on;',
      'brotli_comp_level 4;',
      'brotli_min_length 20;',
      'brotli_types application/xml+rss application/atom+xml',
    ],
  ],
  ['brotli-level', '7', ['brotli_comp_level 7;'], { 'enable-brotli': 'true' }],
  ['brotli-min-length', '24', ['brotli_min_length 24;'], { 'enable-brotli': 'true' }],
  [
    'brotli-types',
    'text/html application/octet-stream',
    ['brotli_types application/octet-stream;'],
    { 'enable-brotli': 'true' },
  ],
  [
    'use-geoip2',
    'true',
    [
      'ngx_http_geoip2_module.so;',
      'geoip2 /etc/ingress-controller/geoip/GeoLite2-City.mmdb {',
      '$geoip2_city_country_code source=$remote_addr country iso_code;',
      '$geoip2_region_code source=$remote_addr subdivisions 0 iso_code;',
      'geoip2 /etc/ingress-controller/geoip/GeoLite2-ASN.mmdb {',
      '$geoip2_asn source=$remote_addr autonomous_system_number;',
    ],
  ],
  ['geoip2-autoreload-in-minutes', '5', ['\t\tauto_reload 5m;'], { 'use-geoip2': 'true' }],
];

describe('text of keys of the ConfigMap', () => {
  for (const [key, value, lines, besides = {}] of rows) {
    it(`${key}: ${value}`, async () => {
      const [with_, without] = [await textWith({ ...besides, [key]: value }), await textWith(besides)];
      for (const line of lines) expect(with_).to.include(line);
      expect(lines.every((line) => without.includes(line))).to.equal(false);
    });
  }

  it('"server-tokens" shows the header that is taken away otherwise', async () => {
    expect(await textWith({})).to.include('more_clear_headers Server;');
    expect(await textWith({ 'server-tokens': 'true' })).to.not.include('more_clear_headers Server;');
  });

  it('"hsts" and "enable-aio-write" take lines away', async () => {
    const usual = await textWith({});
    expect(usual).to.include('Strict-Transport-Security').and.include('aio_write on;');
    const without = await textWith({ hsts: 'false', 'enable-aio-write': 'false' });
    expect(without).to.not.include('Strict-Transport-Security').and.not.include('aio_write');
  });

  it('"no-auth-locations" and "enable-auth-access-log" change locations', async () => {
    const asks = /auth_request "?\/_external-auth/;
    const own = (text: string) => /## start server a\.example\.com[^]*## end server a/.exec(text)?.[0];
    expect(own(await textWith(auth))).to.match(asks);
    expect(own(await textWith({ ...auth, 'no-auth-locations': '/' }))).to.not.match(asks);
    const internal = (text: string) => /location = "?\/_external-auth[^]*?\n\t\t\}/.exec(text)?.[0];
    expect(internal(await textWith(auth))).to.include('access_log off;');
    expect(internal(await textWith({ ...auth, 'enable-auth-access-log': 'true' }))).to.not.include(
      'access_log',
    );
  });

  it('what nobody can see without IPv6 is not said', async () => {
    const text = await textWith({ 'nginx-status-ipv6-whitelist': 'fd00::/8', 'disable-ipv6': 'true' });
    expect(text).to.include('allow 127.0.0.1;\n\t\t\tdeny all;');
  });

  it('"gzip-types" and "brotli-types" say nothing of what nginx compresses anyway', async () => {
    const both = { 'use-gzip': 'true', 'enable-brotli': 'true' };
    const text = await textWith({ ...both, 'gzip-types': 'text/html', 'brotli-types': 'text/html' });
    expect(text)
      .to.include('gzip on;')
      .and.include('brotli on;')
      .and.not.match(/^\s*(?:gzip|brotli)_types/m);
  });

  it('without their modules, nothing of Brotli and of places', async () => {
    const { features } = environment();
    const text = await textWith(
      { 'enable-brotli': 'true', 'use-geoip2': 'true' },
      { features: { ...features, brotli: null, geoip2: null } },
    );
    expect(text).to.not.match(/brotli|geoip2 \/|geoip2_module/);
    expect(text).to.include('map "" $geoip2_asn {');
  });

  it('what is checked for the webhook knows the variables, and reads no file', async () => {
    const text = await textWith({ 'use-geoip2': 'true' }, { purpose: 'check' });
    expect(text).to.include('map "" $geoip2_asn {').and.not.include('geoip2 /');
  });

  it('no variable is defined twice, and the edition for domains has none', async () => {
    const geo = geoDatabasesOf('GeoIP2-Domain,GeoIP2-ISP,GeoLite2-ASN,GeoIP2-Connection-Type', '/geo');
    const text = await textWith({ 'use-geoip2': 'true', 'geoip2-autoreload-in-minutes': '1' }, { geo });
    expect(text.match(/\$geoip2_asn /g)).to.have.length(1);
    expect(text).to.not.include('GeoIP2-Domain');
    expect(text.match(/auto_reload 1m;/g)).to.have.length(2);
    expect(text).to.match(/Connection-Type\.mmdb \{\n\t\t\$geoip2_connection_type/);
  });

  const withoutEffect = [
    ['app-root', '/app'],
    ['upstream-hash-by', '$request_uri'],
    ['upstream-hash-by-subset', 'true'],
    ['upstream-hash-by-subset-size', '3'],
    ['global-external-auth', 'anything'],
    ['opentelemetry-config', '/etc/ingress-controller/telemetry/other.toml'],
    ['http2-max-field-size', '1'],
    ['http2-max-header-size', '1'],
    ['http2-max-requests', '1'],
  ] as const;
  for (const [key, value] of withoutEffect) {
    it(`nothing of ${key}, which is said to have no effect`, async () => {
      expect(readSettings({ [key]: value }).faults).to.deep.equal([]);
      expect(await textWith({ [key]: value })).to.equal(await textWith({}));
      const entry = Object.values(settingsTable).find((one) => one.key === key);
      expect(entry?.doc).to.match(/^Has no effect/);
    });
  }
});
