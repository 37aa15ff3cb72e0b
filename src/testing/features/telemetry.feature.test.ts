import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { startCollector } from '../harness/collector.ts';
import type { Collector, Span } from '../harness/collector.ts';
import { startDns } from '../harness/dns.ts';
import { configMap, ingressClass } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { startRecorder } from '../harness/recorder.ts';
import { site } from '../harness/sites.ts';
import type { annotations } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

type Short = Parameters<typeof annotations>[0];

const FLAGS = ['--configmap=default/settings', '--sync-rate-limit=20'];
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

/** What sends each span at once. */
const PROMPT = { 'worker-processes': '1', 'otel-max-export-batch-size': '1' };

function settingsFor({ address, port }: Pick<Collector, 'address' | 'port'>, others: object) {
  return configMap('settings', {
    'otlp-collector-host': address,
    'otlp-collector-port': String(port),
    ...others,
  });
}

/** The only span of requests for a URI, after it has come. */
async function spanOf(collector: Collector, target: string): Promise<Span> {
  return eventually(() => {
    const [span, ...others] = collector.spans.filter(
      ({ attributes }) => attributes['http.target'] === target,
    );
    if (span === undefined || others.length > 0)
      throw new Error(`${others.length + (span ? 1 : 0)} spans of ${target} have come`);
    return span;
  });
}

describe('spans of requests', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const collector = await startCollector(stage);
    const question = await startRecorder(stage);
    const sites: Readonly<Record<string, Short>> = {
      usual: {},
      off: { 'enable-opentelemetry': 'false', 'opentelemetry-operation-name': 'not/looked/at' },
      named: { 'enable-opentelemetry': 'true', 'opentelemetry-operation-name': 'list orders' },
      doubting: { 'enable-opentelemetry': 'true', 'opentelemetry-trust-incoming-span': 'false' },
      odd: { 'enable-opentelemetry': 'perhaps', 'opentelemetry-operation-name': 'ignored-too' },
      wrong: { 'enable-opentelemetry': 'true', 'opentelemetry-operation-name': 'a/b' },
      moved: { 'permanent-redirect': 'https://elsewhere.test/' },
      secure: { 'force-ssl-redirect': 'true' },
      closed: { 'allowlist-source-range': '10.0.0.0/99' },
      asking: { 'auth-url': `http://127.0.0.1:${question.port}/` },
      paged: { 'custom-http-errors': '418' },
    };
    question.release();
    stage.write('class.yaml', ingressClass());
    stage.write(
      'settings.yaml',
      settingsFor(collector, {
        ...PROMPT,
        'enable-opentelemetry': 'true',
        'opentelemetry-operation-name': 'HTTP $request_method $uri',
        'otel-service-name': 'edge 1',
        'log-format-upstream': 'trace=$opentelemetry_trace_id span=$opentelemetry_span_id $request_uri',
      }),
    );
    for (const [name, short] of Object.entries(sites))
      stage.write(`${name}.yaml`, ...site(name, { places: [web], with: short }));
    return { web, collector, question, program: await stage.start({ flags: FLAGS }) };
  });

  const traceparent = (flags = '01') => ({ traceparent: `00-${TRACE}-${PARENT}-${flags}` });

  async function ask(host: string, path: string, headers: Readonly<Record<string, string>> = {}) {
    const { program } = the();
    return program.http(`${host}.test`, path, { headers });
  }

  it('say what was asked and answered, and who it is for', async () => {
    const { program, collector } = the();
    const answer = await ask('usual', '/a%C3%A4?b=c', { 'user-agent': 'tester ä' });
    const span = await spanOf(collector, '/a%C3%A4?b=c');
    expect(answer.echo().headers['traceparent']).to.equal(`00-${span.traceId}-${span.spanId}-01`);
    expect(span).to.include({ name: 'HTTP GET /a%C3%A4', kind: 2, service: 'edge 1' });
    expect(span).to.not.have.property('parentSpanId');
    expect(span.attributes).to.include({
      'http.method': 'GET',
      'http.status_code': 200,
      'http.flavor': '1.1',
      'http.scheme': 'http',
      'http.server_name': 'usual.test',
      'http.route': '/',
      'net.host.name': 'usual.test',
      'net.host.port': program.ports.http,
      'net.peer.ip': '127.0.0.1',
      'ingress.namespace': 'default',
      'ingress.name': 'usual',
      'ingress.service_name': 'usual',
    });
    expect(span.attributes['http.user_agent']).to.match(/^tester %/);
    const [start, end] = [BigInt(span.startTimeUnixNano), BigInt(span.endTimeUnixNano)];
    expect(end >= start && Number(end / 1_000_000n) <= Date.now() + 1000).to.equal(true);
    expect(Number(start / 1_000_000n)).to.be.greaterThan(Date.now() - 60_000);
    expect(collector.faults).to.deep.equal([]);
  });

  it('are named in the access log', async () => {
    const { program, collector } = the();
    await ask('usual', '/logged');
    const { traceId, spanId } = await spanOf(collector, '/logged');
    await program.logged(new RegExp(`trace=${traceId} span=${spanId} /logged`));
    await ask('off', '/not-named');
    await program.logged(/trace= span= \/not-named/);
  });

  it('continue the trace of the client', async () => {
    const headers = { ...traceparent(), tracestate: 'a=b' };
    const { headers: seen } = (await ask('usual', '/continued', headers)).echo();
    const span = await spanOf(the().collector, '/continued');
    expect(span).to.include({ traceId: TRACE, parentSpanId: PARENT });
    expect(seen).to.include({ traceparent: `00-${TRACE}-${span.spanId}-01`, tracestate: 'a=b' });
    expect(span.spanId)
      .to.match(/^[0-9a-f]{16}$/)
      .and.not.equal(PARENT);
  });

  it('are not kept when the client keeps none, and the trace goes on', async () => {
    const { headers } = (await ask('usual', '/unkept', traceparent('00'))).echo();
    expect(headers['traceparent']).to.match(new RegExp(`^00-${TRACE}-(?!${PARENT})[0-9a-f]{16}-00$`));
    await ask('usual', '/after-unkept');
    await spanOf(the().collector, '/after-unkept');
    expect(the().collector.spans.map(({ attributes }) => attributes['http.target'])).to.not.include(
      '/unkept',
    );
  });

  it('begin a trace where clients are not trusted', async () => {
    const headers = { ...traceparent('00'), tracestate: 'a=b' };
    const { headers: seen } = (await ask('doubting', '/doubted', headers)).echo();
    const span = await spanOf(the().collector, '/doubted');
    expect(span.traceId).to.not.equal(TRACE);
    expect(span).to.not.have.property('parentSpanId');
    expect(seen['traceparent']).to.equal(`00-${span.traceId}-${span.spanId}-01`);
    expect(seen).to.not.have.property('tracestate');
  });

  const malformed: readonly (readonly [why: string, value: string])[] = [
    ['empty', ''],
    ['of another shape', 'abc'],
    ['in upper case', `00-${TRACE.toUpperCase()}-${PARENT}-01`],
    ['of the version that is none', `ff-${TRACE}-${PARENT}-01`],
    ['with more than this version has', `00-${TRACE}-${PARENT}-01-more`],
    ['without a trace', `00-${'0'.repeat(32)}-${PARENT}-01`],
    ['without a span', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['with something that is no number', `00-${TRACE.replace('0', 'g')}-${PARENT}-01`],
  ];
  for (const [index, [why, value]] of malformed.entries()) {
    it(`begin a trace when the header is ${why}`, async () => {
      const { headers } = (await ask('usual', `/malformed/${index}`, { traceparent: value })).echo();
      const span = await spanOf(the().collector, `/malformed/${index}`);
      expect(span.traceId)
        .to.match(/^[0-9a-f]{32}$/)
        .and.not.equal(TRACE);
      expect(headers['traceparent']).to.equal(`00-${span.traceId}-${span.spanId}-01`);
    });
  }

  it('continue traces of later versions', async () => {
    await ask('usual', '/later', { traceparent: `01-${TRACE}-${PARENT}-01-more` });
    expect(await spanOf(the().collector, '/later')).to.include({ traceId: TRACE, parentSpanId: PARENT });
  });

  it('are not made where an Ingress wants none, which gets what the client says', async () => {
    const { headers } = (await ask('off', '/off', traceparent())).echo();
    expect(headers).to.include(traceparent());
    await ask('usual', '/after-off');
    await spanOf(the().collector, '/after-off');
    expect(the().collector.spans.map(({ attributes }) => attributes['http.target'])).to.not.include('/off');
  });

  const others: readonly (readonly [host: string, name: string, status: number, code: number])[] = [
    ['named', 'list orders', 200, 0],
    ['odd', 'HTTP GET /odd', 200, 0],
    ['moved', 'HTTP GET /moved', 301, 0],
    ['secure', 'HTTP GET /secure', 308, 0],
    ['closed', 'HTTP GET /closed', 503, 2],
    ['asking', 'HTTP GET /asking', 200, 0],
    ['nobody', 'HTTP GET /nobody', 404, 0],
  ];
  for (const [host, name, status, code] of others) {
    it(`are made once for ${host}.test, which answers ${status}`, async () => {
      expect((await ask(host, `/${host}`)).status).to.equal(status);
      const span = await spanOf(the().collector, `/${host}`);
      expect(span).to.include({ name }).and.to.have.nested.property('status.code', code);
      expect(span.attributes).to.include({ 'http.status_code': status });
    });
  }

  it('are made once where an error has a page of its own', async () => {
    await ask('paged', '/?status=418');
    const span = await spanOf(the().collector, '/?status=418');
    expect(span.attributes['ingress.name']).to.equal('paged');
  });

  it('are known to authentication services', async () => {
    const { question, collector } = the();
    const before = question.asked.length;
    await ask('asking', '/known');
    const { traceId, spanId } = await spanOf(collector, '/known');
    expect(question.asked[before]?.headers['traceparent']).to.equal(`00-${traceId}-${spanId}-01`);
  });

  it('are made for hosts that come later', async () => {
    const { stage, program, web, collector } = the();
    await program.settled();
    const reloads = program.reloads();
    stage.write('new.yaml', ...site('new', { places: [web] }));
    await eventually(async () => expect((await program.http('new.test', '/')).status).to.equal(200));
    await ask('new', '/new');
    expect((await spanOf(collector, '/new')).attributes).to.include({
      'ingress.name': 'new',
      'http.route': '/',
    });
    expect(program.reloads()).to.equal(reloads);
  });

  it('have names that are names, or the Ingress is left out', async () => {
    const { program } = the();
    expect((await program.http('wrong.test', '/')).status).to.equal(404);
    const lines = program.logLines().filter((line) => line.includes('default/wrong"'));
    expect(lines.join('\n'))
      .to.match(/annotation-invalid/)
      .and.match(/opentelemetry-operation-name/)
      .and.match(/list-orders/);
  });

  it('are spelled in nginx.conf as scripts know it', async () => {
    const text = await the().program.nginxConf();
    const part = (host: string) =>
      text.slice(text.indexOf(`## start server ${host}.test`), text.indexOf(`## end server ${host}.test`));
    expect(part('usual')).to.include('opentelemetry on;').and.include('opentelemetry_propagate;');
    expect(part('usual')).to.include('opentelemetry_operation_name "HTTP $request_method $uri";');
    expect(part('usual')).to.include('opentelemetry_trust_incoming_spans on;');
    expect(part('doubting')).to.include('opentelemetry_trust_incoming_spans off;');
    expect(part('off')).to.not.match(/telemetry|tidegate_trace/);
  });
});

describe('spans and samplers', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const dns = await startDns(stage.address());
    stage.defer(dns.close);
    const resolv = join(stage.folder, 'resolv.conf');
    writeFileSync(resolv, `nameserver ${dns.address}\nsearch svc.example\n`);
    const collector = await startCollector(stage, { address: stage.address() });
    dns.set('otel.svc.example', { type: 'A', value: collector.address });
    stage.write('class.yaml', ingressClass());
    stage.write(
      'settings.yaml',
      settingsFor(
        { address: 'otel', port: collector.port },
        {
          ...PROMPT,
          'otel-sampler': 'TraceIdRatioBased',
          'otel-sampler-ratio': '0.5',
          'otel-sampler-parent-based': 'false',
        },
      ),
    );
    stage.write('on.yaml', ...site('on', { places: [web], with: { 'enable-opentelemetry': 'true' } }));
    stage.write('off.yaml', ...site('off', { places: [web] }));
    const env = { TIDEGATE_RESOLV_CONF: resolv };
    return { web, collector, program: await stage.start({ flags: FLAGS, env }) };
  });

  it('are kept for a share of all traces, whatever the client says', async () => {
    const { program, collector } = the();
    // The client's word, and whether the trace is kept: its last 13 digits as a share of all.
    const rows = [
      ['7ffffffffffff', '00', '01'],
      ['8000000000000', '01', '00'],
      ['0000000000000', '00', '01'],
    ] as const;
    for (const [end, flags, kept] of rows) {
      const headers = { traceparent: `00-aaaaaaaaaaaaaaaaaaa${end}-${PARENT}-${flags}` };
      const seen = (await program.http('on.test', `/${end}`, { headers })).echo().headers['traceparent'];
      expect(seen?.slice(-2), end).to.equal(kept);
    }
    await spanOf(collector, '/0000000000000');
  });

  it('are made only where an Ingress asks for them', async () => {
    const { program, collector } = the();
    const answer = await program.http('off.test', '/off', { headers: { traceparent: 'x' } });
    expect(answer.echo().headers['traceparent']).to.equal('x');
    expect(collector.spans.map(({ attributes }) => attributes['http.target'])).to.not.include('/off');
  });
});

describe('spans that nobody takes', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const collector = await startCollector(stage, { holds: true });
    stage.write('class.yaml', ingressClass());
    const others = {
      'worker-processes': '1',
      'enable-opentelemetry': 'true',
      'otel-max-queuesize': '5',
      'otel-max-export-batch-size': '2',
      'otel-schedule-delay-millis': '100',
    };
    stage.write('settings.yaml', settingsFor(collector, others));
    stage.write('web.yaml', ...site('web', { places: [web] }));
    return { collector, program: await stage.start({ flags: FLAGS }) };
  });

  it('are dropped and counted, and every client is served', async () => {
    const { program, collector } = the();
    const ask = async (count: number) => {
      for (let index = 0; index < count; index++)
        expect((await program.http('web.test', `/${index}`)).status).to.equal(200);
    };
    await ask(2);
    await eventually(() => expect(collector.waiting()).to.equal(1));
    await ask(8);
    await program.logged(/spans are lost, 1 since the last such line: the queue is full/);
    expect(collector.waiting()).to.equal(1);
    collector.release();
    // Two that were on their way, and five that had room.
    await eventually(() => expect(collector.spans).to.have.length(7));
    expect(collector.batches.every((size) => size <= 2)).to.equal(true);
  });
});

describe('spans that are left', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const collector = await startCollector(stage);
    const dead = await startCollector(stage, { status: 503 });
    stage.write('class.yaml', ingressClass());
    const others = {
      'worker-processes': '1',
      'enable-opentelemetry': 'true',
      'otel-schedule-delay-millis': '3600000',
    };
    stage.write('settings.yaml', settingsFor(collector, others));
    stage.write('web.yaml', ...site('web', { places: [web] }));
    return { collector, dead, others, program: await stage.start({ flags: FLAGS }) };
  });

  it('are sent when workers end, and those that are refused are counted', async () => {
    const { stage, program, collector, dead, others } = the();
    await program.http('web.test', '/before');
    await program.http('web.test', '/too');
    expect(collector.spans).to.have.length(0);
    await program.reloadAfter(() =>
      stage.write('settings.yaml', settingsFor(dead, { ...others, 'otel-schedule-delay-millis': '10' })),
    );
    await spanOf(collector, '/before');
    expect(collector.batches).to.deep.equal([2]);
    await program.http('web.test', '/after');
    await program.logged(/spans are lost, 1 since the last such line: the collector answers HTTP\/1.1 503/);
    expect((await spanOf(dead, '/after')).name).to.equal('GET /');
  });
});
