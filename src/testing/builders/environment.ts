/** Machines that nginx.conf is rendered for in tests. */
import { join } from 'node:path';
import { createReach } from '../../lib/addresses.ts';
import type { Environment, NginxFeatures } from '../../nginx/environment.ts';
import { geoDatabasesOf } from '../../nginx/geo-files.ts';
import { layoutOf } from '../../nginx/layout.ts';

const root = join(import.meta.dirname, '../../..');

export const templatesFolder = join(root, 'templates');

const modules = [
  '/usr/lib/nginx/modules/ndk_http_module.so',
  '/usr/lib/nginx/modules/ngx_http_lua_module.so',
  '/usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so',
] as const;

/** Debian 12. */
const modsecurity = '/usr/lib/nginx/modules/ngx_http_modsecurity_module.so';
const stream = '/usr/lib/nginx/modules/ngx_stream_module.so';
const brotli = ['filter', 'static'].map((part) => `/usr/lib/nginx/modules/ngx_http_brotli_${part}_module.so`);
const geoip2 = '/usr/lib/nginx/modules/ngx_http_geoip2_module.so';
const common = { modules, modsecurity, stream, brotli, geoip2, threads: true } as const;

export const nginx122: NginxFeatures = { ...common, version: '1.22.1', http2: 'listen' };
/** Debian 13, that of the image. */
export const nginx126: NginxFeatures = { ...common, version: '1.26.3', http2: 'directive' };

const EDITIONS = 'GeoLite2-City,GeoLite2-ASN';

/** A machine that is the same everywhere, so that the text is. */
export function environment(overrides: Partial<Environment> = {}): Environment {
  return {
    purpose: 'serve',
    modsecurity: {
      usual: join(root, 'nginx/modsecurity/modsecurity.conf'),
      coreRules: join(root, 'nginx/owasp-modsecurity-crs/nginx-modsecurity.conf'),
    },
    reach: createReach([]),
    loopback: 'refused',
    layout: layoutOf('/var/lib/tidegate'),
    features: nginx126,
    ports: { http: 80, https: 443, status: 10246, passthroughProxy: 442, defaultServer: 8181 },
    healthPath: '/healthz',
    luaDir: '/etc/nginx/lua',
    user: null,
    ipv6: true,
    passthrough: false,
    dns: { nameservers: ['10.96.0.53'], search: ['default.svc.cluster.local'], ndots: 5, ipv6: true },
    namesPort: 10053,
    backlog: 4096,
    openFiles: 1_047_552,
    metrics: null,
    geo: geoDatabasesOf(EDITIONS, '/etc/ingress-controller/geoip'),
    cpus: 4,
    ...overrides,
  };
}

/** One that the nginx of this machine can test: its own folder, our Lua files, unprivileged ports. */
export function localEnvironment(
  dataDir: string,
  features: NginxFeatures,
  overrides: Partial<Environment> = {},
): Environment {
  const layout = layoutOf(dataDir);
  return environment({
    layout,
    geo: geoDatabasesOf(EDITIONS, layout.geoip),
    features,
    luaDir: join(root, 'nginx', 'lua'),
    ports: { http: 18080, https: 18443, status: 18246, passthroughProxy: 18442, defaultServer: 18181 },
    ...overrides,
  });
}
