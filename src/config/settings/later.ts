/** Keys of ingress-nginx that are known but have no effect yet; they are named in one warning. */
export const keysWithoutEffectYet: ReadonlySet<string> = new Set([
  'enable-serial-reloads',
  'enable-brotli',
  'brotli-level',
  'brotli-min-length',
  'brotli-types',
  'app-root',
  'upstream-hash-by',
  'upstream-hash-by-subset',
  'upstream-hash-by-subset-size',
  'limit-conn-zone-variable',
  'nginx-status-ipv4-whitelist',
  'nginx-status-ipv6-whitelist',
  'global-external-auth',
  'lua-shared-dicts',
  'use-geoip2',
  'geoip2-autoreload-in-minutes',
]);
