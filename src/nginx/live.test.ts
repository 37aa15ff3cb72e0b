import { expect } from 'chai';
import fc from 'fast-check';
import type { LivePart } from '../model/model.ts';
import type { ControlClient, LiveChange } from './control.ts';
import { createLiveSender } from './live.ts';
import type { LiveSender } from './live.ts';

interface Fake {
  readonly sender: LiveSender;
  readonly changes: LiveChange[];
  /** What workers hold, newest version of each key. */
  readonly held: Map<string, { readonly version: number; readonly value: string }>;
  before: (change: LiveChange) => Promise<void>;
}

function start(): Fake {
  const changes: LiveChange[] = [];
  const held: Fake['held'] = new Map();
  const control: Pick<ControlClient, 'update'> = {
    async update(change) {
      await made.before(change);
      changes.push(change);
      for (const [key, version, value] of change.set) {
        if (version > (held.get(key)?.version ?? 0)) held.set(key, { version, value });
      }
      for (const key of change.remove) held.delete(key);
    },
  };
  const made: Fake = { changes, held, before: async () => undefined, sender: createLiveSender(control) };
  return made;
}

const part = (entries: Readonly<Record<string, string>>) => new Map(Object.entries(entries));
const state = (entries: Readonly<Record<string, string>>) => [part(entries)];
const remove = { unused: 'remove' } as const;
const keep = { unused: 'keep' } as const;

describe('live sender', () => {
  it('sends everything first, and says when it is complete', async () => {
    const { sender, changes } = start();
    expect(sender.complete()).to.equal(false);
    expect(await sender.send(state({ a: '1', b: '2' }), remove)).to.deep.equal({ set: 2, removed: 0 });
    expect(changes).to.deep.equal([
      {
        set: [
          ['a', 1, '1'],
          ['b', 2, '2'],
        ],
        remove: [],
        complete: false,
      },
      { set: [], remove: [], complete: true },
    ]);
    expect(sender.complete()).to.equal(true);
  });

  it('says that it is complete when there is nothing at all', async () => {
    const { sender, changes } = start();
    await sender.send(state({}), remove);
    expect(changes).to.deep.equal([{ set: [], remove: [], complete: true }]);
  });

  it('sends only what differs, with versions that grow', async () => {
    const { sender, changes } = start();
    await sender.send(state({ a: '1', b: '2' }), remove);
    changes.length = 0;
    expect(await sender.send(state({ a: '1', b: '3', c: '4' }), remove)).to.deep.equal({
      set: 2,
      removed: 0,
    });
    expect(changes).to.deep.equal([
      {
        set: [
          ['b', 3, '3'],
          ['c', 4, '4'],
        ],
        remove: [],
        complete: false,
      },
    ]);
    changes.length = 0;
    expect(await sender.send(state({ a: '1', b: '3', c: '4' }), remove)).to.deep.equal({
      set: 0,
      removed: 0,
    });
    expect(changes).to.deep.equal([]);
  });

  it('keeps or removes what the state lacks', async () => {
    const { sender, held } = start();
    await sender.send(state({ a: '1', b: '2' }), remove);
    expect(await sender.send(state({ a: '1' }), keep)).to.deep.equal({ set: 0, removed: 0 });
    expect([...held.keys()]).to.deep.equal(['a', 'b']);
    expect(await sender.send(state({ a: '1' }), remove)).to.deep.equal({ set: 0, removed: 1 });
    expect([...held.keys()]).to.deep.equal(['a']);
  });

  it('sends a key that was removed with a newer version when it comes back', async () => {
    const { sender, held } = start();
    await sender.send(state({ a: '1' }), remove);
    await sender.send(state({}), remove);
    await sender.send(state({ a: '1' }), remove);
    expect(held.get('a')).to.deep.equal({ version: 2, value: '1' });
  });

  it('sends everything again to a new master', async () => {
    const { sender, held } = start();
    await sender.send(state({ a: '1', b: '2' }), remove);
    sender.forget();
    held.clear();
    expect(sender.complete()).to.equal(false);
    expect(await sender.send(state({ a: '1', b: '2' }), remove)).to.deep.equal({ set: 2, removed: 0 });
    expect(held.get('a')).to.deep.equal({ version: 3, value: '1' });
  });

  it('splits what is too large for one body', async () => {
    const { sender, changes, held } = start();
    const large = 'x'.repeat(300 * 1024);
    await sender.send(state({ a: large, b: large, c: large, d: large, e: 'small' }), remove);
    const parts = changes.filter(({ complete }) => !complete).map(({ set }) => set.map(([key]) => key));
    expect(parts).to.deep.equal([
      ['a', 'b'],
      ['c', 'd', 'e'],
    ]);
    for (const change of changes) expect(JSON.stringify(change).length).to.be.below(800 * 1024);
    expect(held.size).to.equal(5);
  });

  it('sends an entry that alone is larger than a body by itself', async () => {
    const { sender, changes } = start();
    await sender.send(state({ a: 'x', b: 'y'.repeat(900 * 1024), c: 'z' }), remove);
    const parts = changes.filter(({ complete }) => !complete).map(({ set }) => set.map(([key]) => key));
    expect(parts).to.deep.equal([['a'], ['b'], ['c']]);
  });

  it('never lets an older state overtake a newer one', async () => {
    const fake = start();
    const gate = Promise.withResolvers<void>();
    fake.before = () => gate.promise;
    const first = fake.sender.send(state({ a: 'old', gone: 'x' }), remove);
    const second = fake.sender.send(state({ a: 'new' }), remove);
    gate.resolve();
    await Promise.all([first, second]);
    expect([...fake.held].map(([key, { value }]) => [key, value])).to.deep.equal([['a', 'new']]);
  });

  it('sends again what was not acknowledged, and goes on after a failure', async () => {
    const fake = start();
    fake.before = async () => {
      throw new Error('nobody answers');
    };
    const failure = await fake.sender
      .send(state({ a: '1' }), remove)
      .catch((error: unknown) => String(error));
    expect(failure).to.equal('Error: nobody answers');
    expect(fake.sender.complete()).to.equal(false);
    fake.before = async () => undefined;
    expect(await fake.sender.send(state({ a: '1' }), remove)).to.deep.equal({ set: 1, removed: 0 });
    expect(fake.held.get('a')?.value).to.equal('1');
  });

  it('does not send again the part of a failed send that was acknowledged', async () => {
    const fake = start();
    const large = 'x'.repeat(700 * 1024);
    fake.before = async ({ set }) => {
      if (set.some(([key]) => key === 'b')) throw new Error('no');
    };
    await fake.sender.send(state({ a: large, b: large }), remove).catch(() => undefined);
    fake.before = async () => undefined;
    expect(await fake.sender.send(state({ a: large, b: large }), remove)).to.deep.equal({
      set: 1,
      removed: 0,
    });
  });

  it('looks only into parts that are new', async () => {
    const { sender } = start();
    const [one, two] = [part({ a: '1' }), part({ b: '2' })];
    await sender.send([one, two], remove);
    one.entries = () => {
      throw new Error('looked into again');
    };
    one[Symbol.iterator] = one.entries;
    expect(await sender.send([one, part({ b: '3' })], remove)).to.deep.equal({ set: 1, removed: 0 });
  });

  it('keeps a key that moves to another part, or stands in several', async () => {
    const { sender, held } = start();
    await sender.send([part({ a: '1', s: 'x' }), part({ b: '2', s: 'x' })], remove);
    expect(await sender.send([part({ b: '2' }), part({ a: '1', s: 'x' })], remove)).to.deep.equal({
      set: 0,
      removed: 0,
    });
    expect([...held.keys()].sort()).to.deep.equal(['a', 'b', 's']);
  });

  it('removes in the end what it was told to keep before', async () => {
    const { sender, held } = start();
    const stays = part({ c: '3' });
    await sender.send([part({ a: '1', 'route:x': 'y' }), stays], remove);
    expect(await sender.send([stays], keep)).to.deep.equal({ set: 0, removed: 1 });
    expect([...held.keys()]).to.deep.equal(['a', 'c']);
    expect(await sender.send([stays], remove)).to.deep.equal({ set: 0, removed: 1 });
    expect([...held.keys()]).to.deep.equal(['c']);
  });

  it('takes nothing that one master acknowledges for known by the next', async () => {
    const fake = start();
    const gate = Promise.withResolvers<void>();
    fake.before = () => gate.promise;
    const all = state({ a: '1' });
    const sending = fake.sender.send(all, remove);
    await Promise.resolve();
    fake.sender.forget();
    gate.resolve();
    await sending;
    expect(fake.sender.complete()).to.equal(false);
    fake.held.clear();
    await fake.sender.send(all, remove);
    expect([...fake.held.keys()]).to.deep.equal(['a']);
  });

  it('leaves the workers with the last state, whatever came before', async () => {
    const keys = fc.constantFrom<string>('a', 'b', 'c', 'd', 'route:e');
    const states = fc.array(
      fc.record({
        entries: fc.dictionary(keys, fc.constantFrom('1', '2', '3')),
        /** Keys of a second part; those of both parts stand in each. */
        second: fc.uniqueArray(keys),
        both: fc.uniqueArray(keys),
        fails: fc.boolean(),
        unused: fc.constantFrom(remove, keep),
        master: fc.constantFrom('same', 'same', 'same', 'new'),
      }),
      { minLength: 1, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(states, async (steps) => {
        const fake = start();
        const made = new Map<string, LivePart>();
        // As in the model: a part that says the same is the same.
        const unique = (entries: readonly (readonly [string, string])[]): LivePart => {
          const text = JSON.stringify(entries);
          const known = made.get(text) ?? new Map(entries);
          made.set(text, known);
          return known;
        };
        let last: readonly LivePart[] = [];
        for (const { entries, second, both, fails, unused, master } of steps) {
          if (master === 'new') {
            fake.held.clear();
            fake.sender.forget();
          }
          fake.before = async () => {
            if (fails) throw new Error('no');
          };
          const all = Object.entries(entries);
          last = [
            unique(all.filter(([key]) => !second.includes(key) || both.includes(key))),
            unique(all.filter(([key]) => second.includes(key) || both.includes(key))),
          ];
          await fake.sender.send(last, unused).catch(() => undefined);
        }
        fake.before = async () => undefined;
        await fake.sender.send(last, remove);
        const held = [...fake.held].map(([key, { value }]) => [key, value]);
        const wanted = [...new Map(last.flatMap((entries) => [...entries]))];
        expect(held.sort()).to.deep.equal(wanted.sort());
      }),
      { numRuns: 400 },
    );
  });
});
