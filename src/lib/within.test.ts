import { expect } from 'chai';
import { endsWithin, unlessLate } from './within.ts';

describe('what may never end', () => {
  const never = new Promise<never>(() => undefined);
  const bad = () => Promise.reject(new Error('bad'));

  it('is waited for so long and no longer', async () => {
    expect(await endsWithin(Promise.resolve(), 10_000)).to.equal(true);
    const started = performance.now();
    expect(await endsWithin(never, 100)).to.equal(false);
    expect(performance.now() - started).to.be.within(90, 5000);
    expect(await endsWithin(bad(), 100).catch(String)).to.equal('Error: bad');
  });

  it('is given up some time after a signal, and not without one', async () => {
    const stop = new AbortController();
    const slow = new Promise((resolve) => setTimeout(resolve, 100, 'slow'));
    expect(await unlessLate(slow, stop.signal, 0)).to.equal('slow');
    expect(await unlessLate(bad(), stop.signal, 0).catch(String)).to.equal('Error: bad');
    const waiting = unlessLate(never, stop.signal, 50).catch(String);
    stop.abort();
    expect(await unlessLate(Promise.resolve('done'), stop.signal, 50)).to.equal('done');
    expect(await waiting).to.equal('Error: it has not ended in time');
    expect(await unlessLate(never, stop.signal, 0).catch(String)).to.include('in time');
  });
});
