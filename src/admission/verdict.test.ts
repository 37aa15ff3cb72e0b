import { expect } from 'chai';
import { backend, ingressClass, namespace } from '../testing/builders/objects.ts';
import type { IngressSpec } from '../testing/builders/objects.ts';
import { candidate, verdictOn } from '../testing/builders/judge.ts';
import type { JudgeOptions } from '../testing/builders/judge.ts';
import { parseLabelSelector } from '../lib/label-selector.ts';

const OLD = '2025-01-01T00:00:00Z';
const bad: IngressSpec = { host: 'Not_A_Host' };

async function refusal(spec: IngressSpec, setup: JudgeOptions = {}): Promise<string> {
  const verdict = await verdictOn(candidate(spec), setup);
  expect(verdict.allowed).to.equal(false);
  return verdict.message;
}

async function accepted(spec: IngressSpec, setup: JudgeOptions = {}): Promise<void> {
  expect(await verdictOn(candidate(spec), setup)).to.deep.include({ allowed: true, message: '' });
}

describe('verdict', () => {
  it('accepts what is right', () => accepted({ paths: ['/x', { path: '/y', type: 'Exact' }] }));

  describe('looks at nothing', () => {
    it('of an object that is being deleted', async () => {
      const object = candidate(bad, { deletionTimestamp: OLD, uid: 'x' });
      const verdict = await verdictOn(object, { check: async () => 'no' });
      expect(verdict).to.deep.equal({ allowed: true, message: '', warnings: [] });
    });

    for (const [name, spec, setup] of [
      ['of another class', { ...bad, className: 'other' }, {}],
      [
        'of a class that another controller has',
        { ...bad, className: 'far' },
        { objects: [ingressClass({ name: 'far', controller: 'x/y' })] },
      ],
      ['without a class', { ...bad, className: null }, {}],
      ['in a namespace that is not watched', bad, { watchNamespace: 'other' }],
      ['in a namespace that is not selected', bad, { options: selecting('watched=yes') }],
    ] as const satisfies readonly (readonly [string, IngressSpec, JudgeOptions])[]) {
      it(name, () => accepted(spec, { ...setup, check: async () => 'no' }));
    }
  });

  describe('looks at', () => {
    for (const [name, spec, setup] of [
      [
        'an Ingress without a class when those are watched',
        { ...bad, className: null },
        { options: { watchIngressWithoutClass: true } },
      ],
      [
        'one with our class annotation',
        { ...bad, className: null, annotations: { 'kubernetes.io/ingress.class': 'nginx' } },
        {},
      ],
      ['one in the watched namespace', bad, { watchNamespace: 'default' }],
      [
        'one in a selected namespace',
        bad,
        { options: selecting('watched=yes'), objects: [namespace({ labels: { watched: 'yes' } })] },
      ],
    ] as const satisfies readonly (readonly [string, IngressSpec, JudgeOptions])[]) {
      it(name, async () => {
        expect(await refusal(spec, setup)).to.include('is not a DNS name');
      });
    }
  });

  describe('inspects deeply', () => {
    const suspicious = 'x{alias /etc/;}';
    for (const [name, spec, message] of [
      [
        'hosts',
        { host: suspicious },
        /^invalid object: invalid host in ingress default\/web: invalid value found/,
      ],
      [
        'paths',
        { paths: [{ path: '/run/secrets/x', type: 'ImplementationSpecific' }] },
        /^invalid object: invalid rule in ingress default\/web: invalid http path/,
      ],
      [
        'the secrets of TLS',
        { tls: [{ secretName: '/etc/passwd' }] },
        /^invalid object: invalid secret in ingress/,
      ],
      [
        'the hosts of TLS',
        { tls: [{ hosts: ['content_by_lua'] }] },
        /^invalid object: invalid host in ingress tls config/,
      ],
      [
        'the paths of other controllers, too',
        { className: 'other', paths: [{ path: '/etc/nginx/x' }] },
        /^invalid object/,
      ],
    ] as const satisfies readonly (readonly [string, IngressSpec, RegExp])[]) {
      it(name, async () => {
        expect(await refusal(spec)).to.match(message);
      });
    }

    it('nothing when it is switched off', () =>
      accepted({ paths: [{ path: '/etc/nginx', type: 'Prefix' }] }, { deepInspect: false }));

    for (const path of ['/alias', '/etc', '/etc/hosts', '/root/x', '/run', '/by_lua']) {
      it(`takes ${path}`, () => accepted({ paths: [path] }));
    }
  });

  for (const uid of [
    '',
    'invalid_uid!@#$%',
    '12345-67890-xyz',
    '12345 67890',
    'urn:uuid:0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0',
    'x#;\n\n}\nload_module y;',
    '../../../tmp/x',
  ]) {
    it(`refuses the UID ${JSON.stringify(uid)}`, async () => {
      const verdict = await verdictOn(candidate({}, { uid }));
      expect(verdict.allowed).to.equal(false);
      expect(verdict.message).to.match(/^ingress has invalid UID: /);
    });
  }

  describe('of paths', () => {
    for (const [path, type, settings, message] of [
      ['/a(.*)', 'Prefix', {}, 'path /a(.*) cannot be used with pathType Prefix'],
      ['/a b', 'Exact', {}, 'path /a b cannot be used with pathType Exact'],
      ['/a$', 'Prefix', {}, 'path /a$ cannot be used with pathType Prefix'],
      ['/a(.*)', 'ImplementationSpecific', {}, null],
      ['/a(.*)', 'Prefix', { 'strict-validate-path-type': 'false' }, null],
      ['/A-z_0.9/', 'Exact', {}, null],
      ['', 'Prefix', {}, null],
      ['relative', 'Prefix', {}, 'path relative cannot be used with pathType Prefix'],
      ['relative', 'ImplementationSpecific', {}, 'does not begin with "/"'],
      ['/a', 'prefix', {}, 'is not a path type'],
      ['/a\nb', 'ImplementationSpecific', {}, 'control character'],
    ] as const) {
      it(`${JSON.stringify(path)} as ${type}${'strict-validate-path-type' in settings ? ', not strict' : ''} ${message === null ? 'is accepted' : 'is refused'}`, async () => {
        const spec = { paths: [{ path, type }] };
        if (message === null) await accepted(spec, { settings });
        else
          expect(await refusal(spec, { settings }))
            .to.include(message)
            .and.include('spec.rules[0].http.paths[0]');
      });
    }

    it('names all of them', async () => {
      const message = await refusal({ paths: [{ path: '/a(' }, { path: '/b(' }] });
      expect(message.split('\n')).to.have.length(2);
    });
  });

  describe('of annotations', () => {
    it('refuses the usual prefix where another is in use', async () => {
      const message = await refusal(
        { annotations: { 'use-regex': 'true' } },
        { options: { annotationsPrefix: 'my.example.com' } },
      );
      expect(message).to.match(
        /^this deployment has a custom annotation prefix defined\. Use 'my\.example\.com' instead of 'nginx\.ingress\.kubernetes\.io'/,
      );
    });

    it('takes a Secret for client certificates that comes later, and has nginx look at the paths', async () => {
      let paths = 0;
      const verdict = await verdictOn(
        candidate({ paths: ['/x'], annotations: { 'auth-tls-secret': 'default/later' } }),
        {
          check: async ({ servers }) => {
            paths += servers.flatMap(({ locations }) => locations).length;
            return null;
          },
        },
      );
      expect(verdict.allowed).to.equal(true);
      expect(verdict.warnings.join()).to.include('Secret default/later does not exist');
      expect(paths).to.be.greaterThan(0);
    });

    it('takes the prefix that is in use', () =>
      accepted(
        { annotations: { 'my.example.com/use-regex': 'true' } },
        { options: { annotationsPrefix: 'my.example.com' } },
      ));

    for (const key of [
      'configuration-snippet',
      'server-snippet',
      'auth-snippet',
      'stream-snippet',
      'modsecurity-snippet',
      'example.com/any-snippet',
    ]) {
      it(`refuses ${key}`, async () => {
        expect(await refusal({ annotations: { [key]: '# x' } })).to.match(
          /-snippet annotation cannot be used\. Snippet directives are disabled by the Ingress administrator$/,
        );
      });
    }

    describe('where snippets are allowed', () => {
      const both = { 'allow-snippet-annotations': 'true', 'annotations-risk-level': 'Critical' };
      const written = (text: string) => ({ annotations: { 'configuration-snippet': text } });

      it('takes one', () => accepted(written('more_set_headers "a: b";'), { settings: both }));

      it('refuses it without the level', async () =>
        expect(
          await refusal(written('more_set_headers "a: b";'), {
            settings: { 'allow-snippet-annotations': 'true' },
          }),
        ).to.match(
          /configuration-snippet"\]: is of risk Critical, and annotations-risk-level of the ConfigMap is High/,
        ));

      for (const [text, reason] of [
        ['a;\n}', /configuration-snippet"\]: "a;\n}" is not nginx configuration: line 2: "}" closes nothing/],
        [
          'a;\nif ($x) { root /; }',
          /configuration-snippet"\]: "root" in line 2 runs code, reads or writes files/,
        ],
      ] as const) {
        it(`refuses ${JSON.stringify(text)}`, async () =>
          expect(await refusal(written(text), { settings: both })).to.match(reason));
      }
    });

    for (const [name, value, more = {}] of [
      ['whitelist-source-range', 'x'],
      ['denylist-source-range', 'x'],
      ['auth-url', 'https://invalid..auth.url'],
      ['auth-url', 'bla'],
      ['auth-method', 'FETCH', { 'auth-url': 'http://a.test' }],
      ['auth-response-headers', 'a b', { 'auth-url': 'http://a.test' }],
      ['auth-cache-duration', '200', { 'auth-url': 'http://a.test' }],
      ['auth-secret', 'a/b/c', { 'auth-type': 'basic' }],
      ['mirror-target', 'http://localhost/copies'],
    ] satisfies readonly (readonly [string, string, Readonly<Record<string, string>>?])[]) {
      it(`takes ${name} "${value}" with a warning, as ingress-nginx does`, async () => {
        const { allowed, warnings } = await verdictOn(candidate({ annotations: { ...more, [name]: value } }));
        expect(allowed).to.equal(true);
        expect(warnings.join())
          .to.include(`${name}"]: `)
          .and.match(/all paths of the Ingress answer 503|it gets no copies/);
      });
    }

    it('takes a login without users with a warning, as ingress-nginx does', async () => {
      const { allowed, warnings } = await verdictOn(candidate({ annotations: { 'auth-type': 'basic' } }));
      expect(allowed).to.equal(true);
      expect(warnings.join()).to.match(/auth-type"\]: needs "auth-secret" .*503/);
    });

    for (const name of ['whitelist-source-range', 'auth-url'])
      it(`refuses ${name} with signs of nginx's language`, async () => {
        expect(await refusal({ annotations: { [name]: '10.0.0.0/8; return 200' } })).to.include(name);
      });

    for (const url of [
      'http://127.0.0.1:10246/x',
      'http://$arg_to/x',
      'http://user@a.test/',
      'http://a.test/%20',
    ])
      it(`refuses auth-url ${url}`, async () => {
        expect(await refusal({ annotations: { 'auth-url': url } })).to.include('auth-url');
      });

    for (const [name, value, more = {}] of [
      ['auth-type', 'Basic'],
      ['auth-type', 'basic digest'],
      ['auth-secret', 'a"b', { 'auth-type': 'basic' }],
      ['auth-secret-type', 'auth-files', { 'auth-type': 'basic', 'auth-secret': 'users' }],
      ['auth-realm', 'a"b', { 'auth-type': 'basic', 'auth-secret': 'users' }],
      ['auth-realm', 'a\\b', { 'auth-type': 'digest', 'auth-secret': 'users' }],
      ['auth-realm', 'a\nb', { 'auth-type': 'basic', 'auth-secret': 'users' }],
      ['auth-realm', 'a;b', {}],
    ] satisfies readonly (readonly [string, string, Readonly<Record<string, string>>?])[]) {
      it(`refuses ${name} ${JSON.stringify(value)} with ${JSON.stringify(more)}`, async () => {
        expect(await refusal({ annotations: { ...more, [name]: value } })).to.include(`${name}"]`);
      });
    }

    it('takes a Secret with users that comes later, with a warning', async () => {
      const annotations = { 'auth-type': 'basic', 'auth-secret': 'later' };
      const verdict = await verdictOn(candidate({ annotations }));
      expect(verdict.allowed).to.equal(true);
      expect(verdict.warnings.join()).to.include('Secret default/later does not exist');
    });

    it('takes values without auth-type, which mean nothing', () =>
      accepted({
        annotations: { 'auth-secret': 'a/b/c', 'auth-secret-type': 'x', 'auth-realm': 'f\u00fcr' },
      }));

    it('refuses a value that leaves the Ingress out', async () => {
      expect(await refusal({ annotations: { 'client-body-buffer-size': 'x' } })).to.include(
        'client-body-buffer-size',
      );
    });

    describe('with a value that the sync only leaves out', () => {
      const spec = { annotations: { 'proxy-body-size': 'x', 'ssl-redirect': 'true' } };

      it('takes it with a warning, as ingress-nginx does', async () => {
        const verdict = await verdictOn(candidate(spec));
        expect(verdict.allowed).to.equal(true);
        expect(verdict.warnings).to.have.length(1);
        expect(verdict.warnings[0]).to.match(/proxy-body-size"\]: "x" is not a size/);
      });
    });

    it('refuses words of the list, in values of ours only', async () => {
      const settings = { 'annotation-value-word-blocklist': ' load_module , alias,' };
      expect(await refusal({ annotations: { 'x-forwarded-prefix': '/alias' } }, { settings })).to.equal(
        'nginx.ingress.kubernetes.io/x-forwarded-prefix annotation contains invalid word alias',
      );
      await accepted({ annotations: { 'example.com/note': 'alias' } }, { settings });
      await accepted({ annotations: { 'x-forwarded-prefix': '/alias' } });
    });

    it('refuses nginx variables that nobody knows', async () => {
      expect(await refusal({ annotations: { 'rewrite-target': '/$nobody' } })).to.match(
        /rewrite-target"\]: .*uses "\$nobody"/,
      );
    });
  });

  it('warns of what has no effect, in a few short sentences', async () => {
    const annotations = Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => [`unknown-${'x'.repeat(150)}-${index}`, 'x']),
    );
    const { allowed, warnings } = await verdictOn(
      candidate({ annotations: { 'enable-influxdb': 'true', ...annotations } }),
    );
    expect(allowed).to.equal(true);
    expect(warnings[0]).to.match(/^annotation .*enable-influxdb.* is deprecated/);
    expect(warnings).to.have.length(20);
    expect(warnings.every((text) => text.length <= 250)).to.equal(true);
  });

  it('refuses default backends when they are switched off', async () => {
    const message = await refusal({ defaultBackend: backend('web') }, { options: { disableCatchAll: true } });
    expect(message).to.include('--disable-catch-all');
  });

  describe('warns', () => {
    for (const [name, spec, warnings] of [
      [
        'of old annotations',
        { annotations: { 'enable-influxdb': 'true', 'secure-verify-ca-secret': 'x' } },
        [
          'annotation nginx.ingress.kubernetes.io/enable-influxdb is deprecated',
          'annotation nginx.ingress.kubernetes.io/secure-verify-ca-secret is deprecated',
        ],
      ],
      [
        'of paths that do not fit their type',
        { paths: [{ path: '/a(.*)', type: 'Prefix' }] },
        ['path /a(.*) cannot be used with pathType Prefix'],
      ],
      ['of nothing', { paths: [{ path: '/a(.*)', type: 'ImplementationSpecific' }, ''] }, []],
    ] as const satisfies readonly (readonly [string, IngressSpec, readonly string[]])[]) {
      it(name, async () => {
        const settings = { 'strict-validate-path-type': 'false' };
        const verdict = await verdictOn(candidate(spec), { settings });
        expect(verdict).to.deep.equal({ allowed: true, message: '', warnings });
      });
    }

    it('also when it refuses', async () => {
      const verdict = await verdictOn(
        candidate({ host: 'Not_A_Host', annotations: { 'influxdb-port': '1' } }),
      );
      expect(verdict.allowed).to.equal(false);
      expect(verdict.warnings).to.have.length(1);
    });
  });
});

function selecting(text: string) {
  const parsed = parseLabelSelector(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return { namespaceSelector: parsed.value };
}
