/** What users see when kubectl apply is refused. */
import { expect } from 'chai';
import { apply, createNamespace, deleteNamespace, kubectl, refusal } from './support/kubectl.ts';
import { ingress } from './support/objects.ts';

const prefix = 'nginx.ingress.kubernetes.io/';

describe('admission webhook', () => {
  let namespace: string;

  before(async () => {
    namespace = await createNamespace('webhook');
    await apply(ingress({ name: 'first', host: `taken.${namespace}.test`, service: 'web' }), namespace);
  });

  after(() => deleteNamespace(namespace));

  const refused: readonly {
    readonly what: string;
    readonly input: Parameters<typeof ingress>[0];
    readonly says: RegExp;
  }[] = [
    {
      what: 'a host and path that somebody has',
      input: { name: 'second', host: 'TAKEN', service: 'web' },
      says: /host ".*" and path "\/" is already defined in ingress .*\/first/,
    },
    {
      what: 'a wrong annotation value',
      input: {
        name: 'bad',
        host: 'a.webhook.test',
        service: 'web',
        annotations: { [`${prefix}client-body-buffer-size`]: 'much' },
      },
      says: /client-body-buffer-size.*"much" is not a size/,
    },
    {
      what: 'a regular expression in a Prefix path',
      input: { name: 'bad', host: 'a.webhook.test', service: 'web', path: '/a(b)' },
      says: /path \/a\(b\) cannot be used with pathType Prefix/,
    },
    {
      what: 'a regular expression that is none',
      input: {
        name: 'bad',
        host: 'a.webhook.test',
        service: 'web',
        path: '/a(',
        pathType: 'ImplementationSpecific',
        annotations: { [`${prefix}use-regex`]: 'true' },
      },
      says: /is none that nginx can use/,
    },
    {
      what: 'a snippet',
      input: {
        name: 'bad',
        host: 'a.webhook.test',
        service: 'web',
        annotations: { [`${prefix}configuration-snippet`]: 'return 200;' },
      },
      says: /configuration-snippet annotation cannot be used\. Snippet directives are disabled/,
    },
    {
      what: 'nginx directives in a path',
      input: {
        name: 'bad',
        host: 'a.webhook.test',
        service: 'web',
        path: '/x/ { alias /etc/; } /y',
        pathType: 'ImplementationSpecific',
      },
      says: /invalid object: invalid rule/,
    },
  ];

  for (const { what, input, says } of refused) {
    it(`refuses ${what}`, async () => {
      const host = input.host === 'TAKEN' ? `taken.${namespace}.test` : input.host;
      const message = await refusal(ingress({ ...input, host }), namespace);
      expect(message).to.include(
        'admission webhook "validate.nginx.ingress.kubernetes.io" denied the request',
      );
      expect(message).to.match(says);
      expect(message).not.to.match(/\/tmp\/|\/usr\/lib|nginx\.conf:/);
    });
  }

  it('accepts an update of an Ingress by itself, a dry run, and classes of others', async () => {
    const host = `taken.${namespace}.test`;
    await apply(
      ingress({
        name: 'first',
        host,
        service: 'web',
        annotations: { [`${prefix}proxy-read-timeout`]: '70' },
      }),
      namespace,
    );
    await kubectl(
      ['--namespace', namespace, 'apply', '--dry-run=server', '-f', '-'],
      ingress({ name: 'dry', host: 'dry.webhook.test', service: 'web' }),
    );
    await apply(
      ingress({ name: 'foreign', host, service: 'web' }).replace(
        'ingressClassName: nginx',
        'ingressClassName: other',
      ),
      namespace,
    );
    expect(await kubectl(['--namespace', namespace, 'get', 'ingress', '-o', 'name'])).to.equal(
      'ingress.networking.k8s.io/first\ningress.networking.k8s.io/foreign',
    );
  });
});
