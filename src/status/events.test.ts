import { expect } from 'chai';
import { silentLogger } from '../lib/log.ts';
import { eventually, openBench } from '../testing/fake-api/support.ts';
import type { Bench } from '../testing/fake-api/support.ts';
import { createEventSink } from './events.ts';
import type { EventInput, EventSink } from './events.ts';

const event = (overrides: Partial<EventInput> = {}, name = 'web'): EventInput => ({
  object: { kind: 'Ingress', apiVersion: 'networking.k8s.io/v1', namespace: 'ns', name, uid: 'u1' },
  type: 'Normal',
  reason: 'Sync',
  message: 'Scheduled for sync',
  ...overrides,
});

describe('Kubernetes Events', () => {
  let bench: Bench;
  let sink: EventSink;
  let time: number;
  const said: string[] = [];
  beforeEach(async () => {
    bench = await openBench();
    time = Date.parse('2026-01-01T00:00:00.500Z');
    said.length = 0;
    const log = { ...silentLogger, warn: (_: string, fields = {}) => said.push(JSON.stringify(fields)) };
    sink = createEventSink({ client: bench.client, log, now: () => time });
  });
  afterEach(async () => {
    await sink.stop();
    await bench.close();
  });

  const written = () => bench.api.list('Event');

  it('are written in the form of core/v1, beside their object', async () => {
    sink.emit(event());
    await eventually(() => expect(written()).to.have.length(1));
    const [first] = written();
    expect(first?.metadata.namespace).to.equal('ns');
    expect(first?.metadata.name).to.match(/^web\.[0-9a-f]{16}$/);
    expect(first).to.deep.include({
      involvedObject: event().object,
      type: 'Normal',
      reason: 'Sync',
      message: 'Scheduled for sync',
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:00Z',
      count: 1,
    });
    expect(first).to.have.nested.property('source.component', 'nginx-ingress-controller');
  });

  it('of an object without a namespace stand in "default"', async () => {
    sink.emit(event({ object: { ...event().object, namespace: '' } }));
    await eventually(() => expect(written()[0]?.metadata.namespace).to.equal('default'));
  });

  it('are cut where they are long', async () => {
    sink.emit(event({ message: 'x'.repeat(5000) }));
    await eventually(() => expect(written()).to.have.length(1));
    expect(Reflect.get(written()[0] ?? {}, 'message')).to.have.length(1000);
  });

  it('of one object and reason are few, and more after a while', async () => {
    for (let count = 0; count < 100; count++) sink.emit(event());
    sink.emit(event({ reason: 'RELOAD' }));
    time += 600_000;
    for (let count = 0; count < 100; count++) sink.emit(event());
    await eventually(() => expect(written()).to.have.length(25 + 1 + 2));
  });

  it('go on when the clock is set back', async () => {
    sink.emit(event());
    time -= 365 * 86_400_000;
    for (let count = 0; count < 100; count++) sink.emit(event());
    await eventually(() => expect(written()).to.have.length(25));
    time += 300_000;
    sink.emit(event());
    await eventually(() => expect(written()).to.have.length(26));
  });

  it('are no burden when the API server refuses them', async () => {
    bench.api.fail({ kind: 'Event', answer: 403 });
    sink.emit(event());
    sink.emit(event({}, 'other'));
    await eventually(() =>
      expect(written().map(({ metadata }) => metadata.name.split('.')[0])).to.deep.equal(['other']),
    );
  });

  it('that are refused are spoken of once, with what to grant', async () => {
    bench.api.fail({ kind: 'Event', answer: 403, times: 3 });
    for (const name of ['a', 'b', 'c', 'd']) sink.emit(event({}, name));
    await eventually(() => expect(written()).to.have.length(1));
    expect(said).to.have.length(1);
    expect(said[0]).to.match(/grant the verb \W+create\W+ on the resource \W+events\W/);
  });

  it('end soon, with what waits, and take no more', async () => {
    for (let count = 0; count < 10; count++) sink.emit(event({}, `n${count}`));
    const started = performance.now();
    await sink.stop();
    expect(performance.now() - started).to.be.below(1500);
    expect(written()).to.have.length(10);
    sink.emit(event({}, 'late'));
    await sink.stop();
    expect(written()).to.have.length(10);
  });

  it('end soon when the API server does not answer', async () => {
    bench.api.fail({ kind: 'Event', answer: 'hang', times: 100 });
    sink.emit(event());
    const started = performance.now();
    await sink.stop();
    expect(performance.now() - started).to.be.below(1500);
  });
});
