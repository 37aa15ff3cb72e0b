import { request } from 'undici';
import { expect } from 'chai';
import { PROTOBUF } from '../../observe/accept.ts';
import { readFamilies } from '../builders/metric-families.ts';
import type { ReadFamily, ReadHistogram } from '../builders/metric-families.ts';
import { eventually } from '../harness/poll.ts';
import type { Program } from '../harness/program.ts';
import { startPrometheus } from '../harness/prometheus.ts';
import { useStage } from '../harness/stage.ts';
import { writeSite } from './site.ts';

const PREFIX = 'nginx_ingress_controller_';
const NATIVE = [
  'request_duration_seconds',
  'connect_duration_seconds',
  'header_duration_seconds',
  'response_duration_seconds',
  'request_size',
  'response_size',
] as const;

async function scrape({ ports }: Program, accept?: string) {
  const answer = await request(`http://127.0.0.1:${ports.healthz}/metrics`, {
    headers: accept === undefined ? {} : { accept },
  });
  return {
    type: String(answer.headers['content-type']),
    bytes: Buffer.from(await answer.body.arrayBuffer()),
  };
}

async function familiesOf(program: Program): Promise<readonly ReadFamily[]> {
  const { type, bytes } = await scrape(program, PROTOBUF);
  expect(type).to.equal(PROTOBUF);
  return readFamilies(bytes);
}

async function histogramOf(program: Program, name: string, status: string): Promise<ReadHistogram | null> {
  const family = (await familiesOf(program)).find((one) => one.name === PREFIX + name);
  return family?.metrics.find(({ labels }) => labels['status'] === status)?.histogram ?? null;
}

/** Values in buckets, and in that of nothing. */
function total(histogram: ReadHistogram | null): number {
  let [sum, count] = [histogram?.native?.zeroCount ?? 0, 0];
  for (const delta of histogram?.native?.deltas ?? []) {
    count += delta;
    sum += count;
  }
  return sum;
}

/** Upper bounds of the first and the last bucket. */
function ends(histogram: ReadHistogram | null): readonly number[] {
  const { schema = 0, spans = [] } = histogram?.native ?? {};
  const first = spans[0]?.[0] ?? 0;
  const last = spans.reduce((end, [offset, length]) => end + offset + length, 0) - 1;
  return [first, last].map((index) => 2 ** (index / 2 ** schema));
}

describe('native histograms', () => {
  const the = useStage(async (stage) => {
    await writeSite(stage);
    const program = await stage.start({
      flags: ['--enable-metrics', '--bucket-factor=1.1', '--max-buckets=4'],
    });
    return { program };
  });

  it('have buckets as wide as the factor, beside the classic ones', async () => {
    const { program } = the();
    for (let time = 0; time < 5; time++) await program.http('a.test', '/?delay=30');
    await eventually(async () => {
      for (const name of NATIVE) {
        const found = await histogramOf(program, name, '200');
        expect(found?.count, name).to.equal(5);
        expect(total(found), name).to.equal(5);
        expect(found?.buckets.length, name).to.be.above(0);
      }
    });
    const size = await histogramOf(program, 'request_size', '200');
    const average = (size?.sum ?? 0) / 5;
    expect(size?.native).to.deep.include({ schema: 3, zeroThreshold: 2 ** -128 });
    // All are of one size.
    const [first = 0, last = 0] = ends(size);
    expect(first)
      .to.equal(last)
      .and.be.within(average, average * 1.0906);
    expect(ends(await histogramOf(program, 'request_duration_seconds', '200'))[0]).to.be.within(0.02, 3);
  });

  it('are never that of the deprecated metric', async () => {
    const sent = await histogramOf(the().program, 'bytes_sent', '200');
    expect(sent?.count).to.be.above(0);
    expect(sent?.native).to.equal(null);
  });

  it('become wider when they have too many buckets', async () => {
    const { program } = the();
    for (let length = 1; length < 5000; length = Math.ceil(length * 1.5))
      await program.http('a.test', `/?status=201&more=${'x'.repeat(length)}`);
    await eventually(async () => {
      const found = await histogramOf(program, 'request_size', '201');
      expect(found?.count).to.equal(20);
      expect(total(found)).to.equal(20);
      expect(found?.native?.schema).to.be.below(3);
      const filled = (found?.native?.spans ?? []).reduce((sum, [, length]) => sum + length, 0);
      expect(filled).to.be.within(2, 4);
    });
  });

  it('are in no text, which is for those who do not ask for protobuf', async () => {
    const { program } = the();
    for (const accept of [undefined, 'text/plain;version=0.0.4', `${PROTOBUF};q=0.1,text/plain;q=0.2`]) {
      const { type, bytes } = await scrape(program, accept);
      expect(type).to.match(/^text\/plain/);
      const text = bytes.toString();
      expect(text).to.match(/^nginx_ingress_controller_request_size_bucket\{.*le="100"\} \d+$/m);
      const shown = [...text.matchAll(/^# TYPE (nginx_ingress_controller_\S+)\n[a-z]/gm)];
      const inProtobuf = (await familiesOf(program)).map(({ name }) => name);
      expect(inProtobuf).to.include.members(shown.map(([, name]) => name));
    }
  });

  it('are asked for by Prometheus, and answer its queries', async () => {
    const { program, stage } = the();
    const prometheus = await startPrometheus(stage, program.ports.healthz, {
      features: ['native-histograms'],
    });
    const valueOf = async (expression: string) => {
      const [first] = await prometheus.query(expression);
      return Number(first?.value?.[1] ?? NaN);
    };
    const traffic = setInterval(() => void program.http('a.test', '/').catch(() => undefined), 100);
    stage.defer(() => clearInterval(traffic));
    const of = (name: string) => `sum(rate(${PREFIX}${name}{status="200"}[1m]))`;
    await eventually(async () => {
      for (const name of NATIVE) {
        expect(await valueOf(`histogram_count(${of(name)})`), name).to.be.above(0);
        expect(await valueOf(`histogram_quantile(0.9, ${of(name)})`), name).to.be.within(0, 10_000);
      }
    });
    const average = await valueOf(
      `histogram_sum(${of('request_size')}) / histogram_count(${of('request_size')})`,
    );
    expect(await valueOf(`histogram_quantile(0.9, ${of('request_size')})`)).to.be.within(
      average / 1.2,
      average * 1.2,
    );
    // What is no native histogram comes through the same form.
    expect(await valueOf(`sum(${PREFIX}requests)`)).to.be.above(25);
    expect(await valueOf(`sum(${PREFIX}bytes_sent_bucket{le="+Inf"})`)).to.be.above(25);
    expect(await valueOf(`${PREFIX}config_last_reload_successful`)).to.equal(1);
    expect(await valueOf(`sum(${PREFIX}nginx_process_connections_total)`)).to.be.above(25);
    expect((await prometheus.types()).get(`${PREFIX}request_size`)).to.equal('histogram');
  });
});

describe('without native histograms', () => {
  const the = useStage(async (stage) => {
    await writeSite(stage);
    return { program: await stage.start({ flags: ['--enable-metrics', '--bucket-factor=1'] }) };
  });

  it('there is the text alone, and nginx knows nothing of them', async () => {
    const { program } = the();
    expect((await scrape(program, PROTOBUF)).type).to.match(/^text\/plain/);
    expect(await program.nginxConf())
      .to.include('time_buckets')
      .and.not.include('native_schema');
  });
});
