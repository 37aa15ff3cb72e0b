/** What the examples of annotations name, in a cluster that allows all of them. */
import type { KubeObject } from '../../source/objects.ts';
import { examplePair } from './certificates.ts';
import { configMap, ingressClass, secret, service } from './objects.ts';

const allowing = {
  'allow-snippet-annotations': 'true',
  'annotations-risk-level': 'Critical',
  'global-allowed-response-headers': 'X-Frame-Options',
  'otlp-collector-host': 'collector.example.com',
};
/** HTTPD's APR1 hash of "secret". */
const HASH = '$apr1$abcdefgh$M9GINr5I2CfsrydDjUSZ30';

/** @param settings more of the ConfigMap. */
export function annotatedCluster(settings: Readonly<Record<string, string>> = {}): readonly KubeObject[] {
  return [
    ingressClass({ name: 'nginx' }),
    service(),
    service({ name: 'spare' }),
    configMap({ ...allowing, ...settings }),
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
}
