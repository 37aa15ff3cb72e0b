import type { KubeObject } from '../../source/objects.ts';
import { configMap, ingress, ingressClass, service, slice } from './objects.ts';

/** What keys of the ConfigMap have to do with. */
export const configured: readonly KubeObject[] = [
  ingressClass(),
  service(),
  slice(),
  configMap(
    { 'X-Country': '$geoip2_city_country_code', 'X-Fixed': 'a;b{' },
    { namespace: 'default', name: 'headers' },
  ),
  configMap({ '9000': 'default/web:80:PROXY:PROXY' }, { namespace: 'default', name: 'tcp' }),
  ingress({ name: 'plain', host: 'plain.test', paths: ['/', '/deep/er'] }),
  ingress({ name: 'tls', host: 'tls.test', tls: [{ hosts: ['tls.test'] }] }),
  ingress({
    name: 'limits',
    host: 'limits.test',
    annotations: { 'limit-rps': '5', 'limit-connections': '5', 'limit-allowlist': '10.0.0.0/8' },
  }),
  ingress({ name: 'auth', host: 'auth.test', annotations: { 'auth-url': 'http://other.test/x' } }),
  ingress({ name: 'grpc', host: 'grpc.test', annotations: { 'backend-protocol': 'GRPC' } }),
  ingress({ name: 'fcgi', host: 'fcgi.test', annotations: { 'backend-protocol': 'FCGI' } }),
  ingress({
    name: 'many',
    host: 'many.test',
    annotations: {
      'enable-cors': 'true',
      'mirror-target': 'http://mirror.test$request_uri',
      'custom-http-errors': '404',
      'rewrite-target': '/x',
      'proxy-buffer-size': '16k',
      'rate-limits': 'key=$remote_addr rate=5r/s',
      'from-to-www-redirect': 'true',
      'enable-modsecurity': 'true',
      'custom-headers': 'default/headers',
    },
  }),
];
