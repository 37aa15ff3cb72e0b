import { expect } from 'chai';
import type { Echo } from '../harness/backend.ts';
import type { Answer, RequestOptions } from '../harness/client.ts';
import { configMap, endpoints, ingress, ingressClass, service } from '../harness/objects.ts';
import type { PathSpec } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { annotations } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';

/** Who answered, with which status, and what it was told about the error. */
type Wanted =
  | number
  | readonly [backend: string, status: number, code?: number | undefined, url?: string | undefined];

interface Row {
  readonly what: string;
  readonly to: string;
  readonly with?: Parameters<typeof annotations>[0];
  readonly paths?: readonly PathSpec[];
  /** Path of the request to what the client gets. */
  readonly requests: Readonly<Record<string, Wanted>>;
  readonly options?: RequestOptions;
}

const big = { method: 'POST', body: 'x'.repeat(2000) } as const;

const rows: readonly Row[] = [
  { what: 'no endpoints', to: 'dead', requests: { '/a?b=c': 503 } },
  {
    what: 'no endpoints, a default backend',
    to: 'dead',
    with: { 'default-backend': 'own' },
    requests: { '/a?b=c': ['own', 410, 503, '/a?b=c'] },
  },
  {
    what: 'no Service at all, a default backend',
    to: 'nowhere',
    with: { 'default-backend': 'own' },
    requests: { '/': ['own', 410, 503] },
  },
  {
    what: 'no endpoints, a default backend without endpoints',
    to: 'dead',
    with: { 'default-backend': 'dead' },
    requests: { '/': 503 },
  },
  {
    what: 'no endpoints, a default backend that does not exist',
    to: 'dead',
    with: { 'default-backend': 'nowhere' },
    requests: { '/': 503 },
  },
  {
    what: 'no endpoints, a default backend without ports',
    to: 'dead',
    with: { 'default-backend': 'portless' },
    requests: { '/': 503 },
  },
  {
    what: 'endpoints, a default backend, codes',
    to: 'web',
    with: { 'default-backend': 'own', 'custom-http-errors': '404, 503' },
    requests: {
      '/a?status=404': ['own', 410, 404, '/?status=404'],
      '/?status=503': ['own', 410, 503],
      '/?status=500': ['web', 500],
      '/': ['web', 200],
    },
  },
  {
    what: 'endpoints, a default backend, no codes',
    to: 'web',
    with: { 'default-backend': 'own' },
    requests: { '/?status=404': ['web', 404] },
  },
  {
    what: 'codes, no default backend',
    to: 'web',
    with: { 'custom-http-errors': '404' },
    requests: { '/?status=404': ['global', 200, 404], '/?status=500': ['web', 500] },
  },
  {
    what: 'codes, a default backend without endpoints',
    to: 'web',
    with: { 'default-backend': 'dead', 'custom-http-errors': '404' },
    requests: { '/?status=404': ['global', 200, 404] },
  },
  {
    what: 'no endpoints, codes, no default backend',
    to: 'dead',
    with: { 'custom-http-errors': '503' },
    requests: { '/x': ['global', 200, 503, '/'] },
  },
  {
    what: 'no endpoints, codes, a default backend: nothing is replaced but its own errors',
    to: 'dead',
    with: { 'default-backend': 'own', 'custom-http-errors': '410' },
    requests: { '/x': ['own', 410, 410, '/'] },
  },
  {
    what: 'codes of nginx alone',
    to: 'web',
    with: {
      'default-backend': 'own',
      'custom-http-errors': '404,413',
      'disable-proxy-intercept-errors': true,
      'proxy-body-size': '1k',
    },
    requests: { '/?status=404': ['own', 410, 413] },
    options: big,
  },
  {
    what: 'codes of the backend are left alone',
    to: 'web',
    with: { 'custom-http-errors': '404', 'disable-proxy-intercept-errors': true },
    requests: { '/?status=404': ['web', 404] },
  },
  {
    what: 'what the global default backend serves',
    to: 'web',
    paths: [{ path: '/x', to: 'web' }],
    with: { 'default-backend': 'own' },
    requests: { '/': ['global', 200, undefined, '/'], '/x': ['web', 200] },
  },
];

const listed: readonly Row[] = [
  {
    what: 'the list of the ConfigMap',
    to: 'web',
    requests: {
      '/?status=404': ['global', 200, 404],
      '/?status=302': ['global', 200, 302],
      '/?status=500': ['web', 500],
    },
  },
  {
    what: 'the list of the ConfigMap goes to the global default backend',
    to: 'web',
    with: { 'default-backend': 'own' },
    requests: { '/?status=404': ['global', 200, 404] },
  },
  {
    what: 'a list of the Ingress replaces it',
    to: 'web',
    with: { 'custom-http-errors': '418' },
    requests: { '/?status=404': ['web', 404], '/?status=418': ['global', 200, 418] },
  },
  {
    what: 'one code in both',
    to: 'web',
    with: { 'custom-http-errors': '404' },
    requests: { '/?status=404': ['global', 200, 404] },
  },
  {
    what: 'interception is inherited',
    to: 'web',
    with: { 'custom-http-errors': '404', 'disable-proxy-intercept-errors': true },
    requests: { '/?status=404': ['global', 200, 404] },
  },
  { what: 'no endpoints', to: 'dead', requests: { '/': ['global', 200, 503] } },
];

const unintercepted: readonly Row[] = [
  { what: 'answers of Services stay', to: 'web', requests: { '/?status=404': ['web', 404] } },
  { what: 'answers of nginx do not', to: 'dead', requests: { '/': ['global', 200, 503] } },
  {
    what: 'a list of the Ingress intercepts',
    to: 'web',
    with: { 'custom-http-errors': '404' },
    requests: { '/?status=404': ['global', 200, 404] },
  },
];

const suites = [
  { what: 'by annotations', rows, settings: {} },
  { what: 'by the ConfigMap', rows: listed, settings: { 'custom-http-errors': '404,200,x,302,503' } },
  {
    what: 'by the ConfigMap, without interception',
    rows: unintercepted,
    settings: { 'custom-http-errors': '404,503', 'disable-proxy-intercept-errors': 'true' },
  },
] as const;

const FLAGS = [
  '--configmap=default/settings',
  '--default-backend-service=default/global',
  '--sync-rate-limit=20',
];

async function writeServices(stage: Stage): Promise<void> {
  const [web, own, global] = [
    await stage.backend('web'),
    await stage.backend('own', { status: 410 }),
    await stage.backend('global', { status: 200 }),
  ];
  stage.write('class.yaml', ingressClass());
  for (const backend of [web, own, global])
    stage.write(`${backend.name}.yaml`, service(backend.name), ...endpoints(backend.name, [backend]));
  stage.write('dead.yaml', service('dead'), ...endpoints('dead', []));
  stage.write('portless.yaml', service('portless', { ports: [] }));
}

function body(answer: Answer): Echo {
  // What the backends of this harness write, whatever the status.
  return JSON.parse(answer.text) as Echo;
}

for (const { what, rows: table, settings } of suites) {
  describe(`error pages ${what}`, () => {
    const the = useStage(async (stage) => {
      await writeServices(stage);
      stage.write('settings.yaml', configMap('settings', settings));
      for (const [index, row] of table.entries()) {
        const name = `row-${index}`;
        const paths = row.paths ?? [{ to: row.to }];
        stage.write(
          `${name}.yaml`,
          ingress(name, { rules: { [`${name}.test`]: paths }, annotations: annotations(row.with ?? {}) }),
        );
      }
      return { program: await stage.start({ flags: FLAGS }) };
    });

    for (const [index, row] of table.entries()) {
      for (const [path, wanted] of Object.entries(row.requests)) {
        it(`${row.what}: ${path} gets ${String(wanted)}`, async () => {
          const answer = await the().program.http(`row-${index}.test`, path, row.options);
          if (typeof wanted === 'number') {
            expect(answer.status).to.equal(wanted);
            expect(answer.text).to.match(/^<html>/);
            return;
          }
          const [backend, status, code, url = body(answer).url] = wanted;
          expect({ status: answer.status, ...body(answer) }).to.include({ status, backend, url });
          expect(body(answer).headers['x-code']).to.equal(code?.toString());
        });
      }
    }
  });
}

describe('what the backends of errors are told', () => {
  const the = useStage(async (stage) => {
    await writeServices(stage);
    const rules = (host: string, to: string) => ({ [host]: [{ path: '/shop', to: `${to}:http` }] });
    stage.write(
      'sites.yaml',
      ingress('page', {
        rules: rules('page.test', 'web'),
        annotations: annotations({ 'default-backend': 'own', 'custom-http-errors': '404' }),
      }),
      ingress('down', {
        rules: rules('down.test', 'dead'),
        annotations: annotations({ 'default-backend': 'own' }),
      }),
      ingress('late', {
        rules: rules('late.test', 'late'),
        annotations: annotations({ 'default-backend': 'later', 'custom-http-errors': '503' }),
      }),
    );
    return { program: await stage.start({ flags: FLAGS }) };
  });

  const sent = {
    accept: 'application/json',
    'x-request-id': 'request-1',
    'x-code': '999',
    'x-own': 'kept',
    'x-forwarded-for': '192.0.2.1',
  };
  const context = {
    'x-format': 'application/json',
    'x-namespace': 'default',
    'x-service-port': 'http',
    'x-request-id': 'request-1',
    'x-own': 'kept',
    'x-forwarded-for': '127.0.0.1',
  };

  it('the page of an error', async () => {
    const path = '/shop/a?status=404';
    const answer = await the().program.http('page.test', path, { headers: sent, method: 'DELETE' });
    const { headers, method, url, version } = body(answer);
    expect({ method, url, version }).to.deep.equal({ method: 'DELETE', url: '/?status=404', version: '1.0' });
    expect(headers).to.include({
      ...context,
      'x-code': '404',
      'x-original-uri': path,
      'x-ingress-name': 'page',
      'x-service-name': 'web',
      host: 'page.test',
      connection: 'close',
    });
  });

  it('the request instead of a Service without endpoints', async () => {
    const { program } = the();
    const answer = await program.http('down.test', '/shop/a?b', {
      headers: sent,
      method: 'PUT',
      body: 'abc',
    });
    const { headers, method, url, bodyLength } = body(answer);
    expect({ method, url, bodyLength }).to.deep.equal({ method: 'PUT', url: '/shop/a?b', bodyLength: 3 });
    expect(headers).to.include({
      ...context,
      'x-code': '503',
      'x-ingress-name': 'down',
      'x-service-name': 'dead',
      host: 'down.test',
    });
    expect(await program.logged(/PUT \/shop\/a/)).to.include('[custom-default-backend-default-own] []');
  });

  it('endpoints of both come and go without a reload', async () => {
    const { program, stage } = the();
    const other = await stage.backend('other');
    await program.settled();
    const before = program.reloads();
    const gets = (status: number, backend: string) =>
      eventually(async () => {
        const answer = await program.http('late.test', '/shop');
        expect(body(answer).backend).to.equal(backend);
        expect(answer.status).to.equal(status);
      });
    await gets(200, 'global');
    stage.write('later.yaml', service('later'), ...endpoints('later', [other]));
    await gets(200, 'other');
    stage.write('late.yaml', service('late'), ...endpoints('late', [await stage.backend('late')]));
    await gets(200, 'late');
    stage.write('late.yaml', service('late'), ...endpoints('late', []));
    await gets(200, 'other');
    stage.write('later.yaml', service('later'), ...endpoints('later', []));
    await gets(200, 'global');
    expect(program.reloads()).to.equal(before);
  });
});
