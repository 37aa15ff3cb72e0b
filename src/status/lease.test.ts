import { expect } from 'chai';
import { silentLogger } from '../lib/log.ts';
import { eventually, openBench } from '../testing/fake-api/support.ts';
import type { Bench } from '../testing/fake-api/support.ts';
import type { LeaseSpec } from './lease-api.ts';
import { startElector } from './lease.ts';
import type { Elector, ElectorOptions } from './lease.ts';

const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

describe('leader election', () => {
  let bench: Bench;
  const electors: Elector[] = [];
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(async () => {
    await Promise.all(electors.splice(0).map((elector) => elector.stop()));
    await bench.close();
  });

  function start(identity: string, overrides: Partial<ElectorOptions> = {}) {
    const changes: boolean[] = [];
    const elector = startElector({
      client: bench.client,
      log: silentLogger,
      namespace: 'ns',
      name: 'leader',
      identity,
      ttl: 80,
      onChange: (leading) => changes.push(leading),
      ...overrides,
    });
    electors.push(elector);
    return { elector, changes };
  }

  const specOf = (): LeaseSpec =>
    (Reflect.get(bench.api.get('Lease', 'ns/leader') ?? {}, 'spec') as LeaseSpec | undefined) ?? {};
  const holder = () => specOf().holderIdentity;
  const hold = (spec: LeaseSpec) =>
    bench.api.create({ kind: 'Lease', metadata: { name: 'leader', namespace: 'ns' }, spec });
  const renewals = () => bench.api.requests().filter(({ verb }) => verb === 'update').length;

  it('makes the lease when there is none', async () => {
    const { elector, changes } = start('a', { ttl: 30_000 });
    await eventually(() => expect(elector.leading()).to.equal(true));
    expect(changes).to.deep.equal([true]);
    const spec = specOf();
    expect(spec).to.include({ holderIdentity: 'a', leaseDurationSeconds: 30, leaseTransitions: 0 });
    expect(spec.acquireTime).to.match(MICRO_TIME);
    expect(spec.renewTime).to.match(MICRO_TIME);
  });

  it('renews it, and says so to nobody', async () => {
    const { changes } = start('a');
    await eventually(() => expect(renewals()).to.be.at.least(3));
    const { acquireTime, renewTime, leaseTransitions } = specOf();
    expect(changes).to.deep.equal([true]);
    expect(leaseTransitions).to.equal(0);
    expect(String(renewTime) > String(acquireTime)).to.equal(true);
  });

  it('is won by one of several', async () => {
    const all = ['a', 'b', 'c'].map((identity) => start(identity, { ttl: 400 }));
    await eventually(() => expect(bench.api.requests().length).to.be.above(12));
    expect(all.filter(({ elector }) => elector.leading())).to.have.length(1);
    expect(all.flatMap(({ changes }) => changes)).to.deep.equal([true]);
  });

  it('takes over when a record has not changed for its time, by our own clock', async () => {
    // Clocks of machines differ: these times mean nothing.
    hold({
      holderIdentity: 'dead',
      renewTime: '2099-01-01T00:00:00.000000Z',
      leaseTransitions: 4,
      leaseDurationSeconds: 1,
    });
    let time = 0;
    const { elector, changes } = start('a', { now: () => time });
    const looks = () => bench.api.requests().length;
    await eventually(() => expect(looks()).to.be.at.least(3));
    expect(elector.leading()).to.equal(false);
    time = 79;
    const before = looks();
    await eventually(() => expect(looks()).to.be.at.least(before + 3));
    expect(holder()).to.equal('dead');
    time = 81;
    await eventually(() => expect(elector.leading()).to.equal(true));
    expect(specOf()).to.include({ holderIdentity: 'a', leaseTransitions: 5 });
    expect(changes).to.deep.equal([true]);
  });

  it('waits while another renews', async () => {
    start('a', { ttl: 400 });
    await eventually(() => expect(holder()).to.equal('a'));
    const { elector } = start('b', { ttl: 400 });
    await eventually(() => expect(renewals()).to.be.at.least(6));
    expect(holder()).to.equal('a');
    expect(elector.leading()).to.equal(false);
  });

  it('gives it back at the end, so that another takes it before its time is up', async () => {
    const first = start('a', { ttl: 60_000 });
    await eventually(() => expect(first.elector.leading()).to.equal(true));
    await first.elector.stop();
    expect(first.changes).to.deep.equal([true, false]);
    expect(specOf()).to.include({ holderIdentity: '', leaseDurationSeconds: 1 });
    const second = start('b', { ttl: 60_000 });
    await eventually(() => expect(second.elector.leading()).to.equal(true));
    expect(specOf().leaseTransitions).to.equal(1);
  });

  it('leaves it alone at the end when another has it', async () => {
    hold({ holderIdentity: 'b', leaseTransitions: 0 });
    const { elector, changes } = start('a', { ttl: 60_000 });
    await eventually(() => expect(bench.api.requests().length).to.be.at.least(1));
    await elector.stop();
    expect(changes).to.deep.equal([]);
    expect(holder()).to.equal('b');
  });

  it('goes on with a lease that it had before it started anew', async () => {
    hold({ holderIdentity: 'a', leaseTransitions: 2, acquireTime: '2026-01-01T00:00:00.000000Z' });
    const { elector } = start('a', { ttl: 60_000 });
    await eventually(() => expect(elector.leading()).to.equal(true));
    expect(specOf()).to.include({ leaseTransitions: 2, acquireTime: '2026-01-01T00:00:00.000000Z' });
  });

  it('does not lead when somebody was faster', async () => {
    hold({ holderIdentity: '', leaseTransitions: 0 });
    bench.api.fail({ kind: 'Lease', verb: 'update', answer: 409 });
    const { elector, changes } = start('a', { ttl: 60 });
    await eventually(() => expect(renewals()).to.be.at.least(1));
    // The next try finds it free again.
    await eventually(() => expect(elector.leading()).to.equal(true));
    expect(changes).to.deep.equal([true]);
  });

  it('stops leading when the lease was taken from it', async () => {
    const { elector, changes } = start('a');
    await eventually(() => expect(elector.leading()).to.equal(true));
    // It renews itself meanwhile, so that one write may be overtaken by the other.
    bench.api.fail({ kind: 'Lease', verb: 'update', answer: 409, times: 3 });
    await eventually(() => expect(changes).to.include(false));
    await eventually(() => expect(elector.leading()).to.equal(true));
  });

  for (const answer of [500, 403, 'reset', 'nonsense'] as const) {
    it(`outlives an API server that answers with ${answer} for a moment`, async () => {
      const { elector, changes } = start('a', { ttl: 2000 });
      await eventually(() => expect(elector.leading()).to.equal(true));
      bench.api.fail({ kind: 'Lease', verb: 'get', answer });
      const before = renewals();
      await eventually(() => expect(renewals()).to.be.above(before));
      expect(changes).to.deep.equal([true]);
    });
  }

  it('steps down when it cannot renew for half of the time, and comes back', async () => {
    const { elector, changes } = start('a');
    await eventually(() => expect(elector.leading()).to.equal(true));
    bench.api.fail({ kind: 'Lease', answer: 500, times: 1000 });
    await eventually(() => expect(changes).to.deep.equal([true, false]));
    bench.api.clearFaults();
    await eventually(() => expect(changes).to.deep.equal([true, false, true]));
  });

  it('says once what it may not do, and what to grant', async () => {
    const said: string[] = [];
    const log = { ...silentLogger, warn: (_: string, fields = {}) => said.push(JSON.stringify(fields)) };
    bench.api.fail({ kind: 'Lease', verb: 'create', answer: 403, times: 1000 });
    start('a', { log });
    const tries = () => bench.api.requests().filter(({ verb }) => verb === 'create').length;
    await eventually(() => expect(tries()).to.be.at.least(3));
    expect(said).to.have.length(1);
    expect(said[0]).to.match(/grant the verb \W+create\W+ on the resource \W+leases\W/);
  });

  it('is not held up at the end by an API server that says no', async () => {
    const { elector, changes } = start('a');
    await eventually(() => expect(elector.leading()).to.equal(true));
    bench.api.fail({ kind: 'Lease', answer: 500, times: 1000 });
    await elector.stop();
    expect(changes).to.deep.equal([true, false]);
  });
});
