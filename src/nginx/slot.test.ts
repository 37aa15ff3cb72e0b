import { expect } from 'chai';
import { createSlot } from './slot.ts';

describe('slot', () => {
  const open = () => createSlot<string>(new AbortController().signal);

  it('holds the newest, and gives it once', () => {
    const slot = open();
    expect(slot.take()).to.equal(null);
    slot.put('a');
    slot.put('b');
    slot.offer('c');
    expect([slot.peek(), slot.take(), slot.take()]).to.deep.equal(['b', 'b', null]);
    slot.offer('c');
    expect(slot.take()).to.equal('c');
  });

  it('rests until something comes, or until it shall stop', async () => {
    const slot = open();
    const resting = slot.rest(60_000);
    slot.put('a');
    await resting;
    await slot.rest(60_000);
    const stop = new AbortController();
    const stopped = createSlot<string>(stop.signal).rest(60_000);
    stop.abort();
    await stopped;
  });
});
