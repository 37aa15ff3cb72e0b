import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { eventually, steadily } from '../testing/harness/poll.ts';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';
import { silentLogger } from '../lib/log.ts';
import { createApplier } from './applier.ts';
import type { Applier, ApplierOptions } from './applier.ts';
import type { CheckResult } from './check.ts';
import type { Generation } from './generation.ts';
import { layoutOf } from './layout.ts';

function generation(checksum: string, files: Generation['files'] = []): Generation {
  return {
    checksum,
    head: Buffer.alloc(0),
    servers: [],
    tail: Buffer.alloc(0),
    stream: Buffer.alloc(0),
    files,
  };
}

/** An nginx whose workers answer with what the file says; `serving` is the checksum that they know. */
interface Fake {
  readonly applier: Applier;
  readonly events: string[];
  /** Called for each check, in order. */
  check: (generation: Generation, base: Generation | null) => Promise<CheckResult>;
  /** Whether a master that reads the file of this checksum takes it. */
  takes: (checksum: string) => boolean;
}

describe('applier', () => {
  let folder: Folder;
  let fake: Fake | undefined;
  beforeEach(async () => {
    folder = await makeFolder();
  });
  afterEach(async () => {
    await fake?.applier.stop();
    await folder.remove();
  });

  function start(overrides: Partial<ApplierOptions> = {}): Fake {
    const events: string[] = [];
    const layout = layoutOf(folder.path);
    let pid: number | null = null;
    let serving: string | null = null;
    const load = async () => {
      const [, checksum = ''] = /: (\d+)\n/.exec(await readFile(layout.config, 'utf8')) ?? [];
      const taken = made.takes(checksum);
      if (taken) serving = checksum;
      return taken;
    };
    const made: Fake = {
      events,
      check: async () => ({ ok: true }),
      takes: () => true,
      applier: createApplier({
        layout,
        log: silentLogger,
        draining: { wait: async () => undefined, makeRoom: async () => undefined },
        rateLimit: 1000,
        check: (one, base) => {
          events.push(`check ${one.checksum}${base === null ? '' : ` after ${base.checksum}`}`);
          return made.check(one, base);
        },
        nginx: {
          pid: () => pid,
          start: async () => {
            events.push('start');
            // A process that has no children, so that there are no older workers.
            const taken = await load();
            if (taken) pid = 2 ** 22 + 1;
            return taken ? 'runs' : 'ended';
          },
          reload: () => {
            events.push('reload');
            void load();
          },
        },
        control: {
          generation: async () => {
            if (serving === null) throw new Error('nobody answers');
            return { checksum: serving, pid: 1 };
          },
        },
        onProven: ({ generation: one }) => events.push(`proven ${one.checksum}`),
        onRefused: ({ generation: one, failures: [{ message, line }], cause }) =>
          events.push(
            `${cause === 'environment' ? cause : 'refused'} ${one.checksum}: ${message}${line === null ? '' : ` (${line})`}`,
          ),
        onFault: (error) => events.push(`fault: ${String(error)}`),
        ...overrides,
      }),
    };
    fake = made;
    return made;
  }

  const until = (made: Fake, event: string) => eventually(() => expect(made.events).to.include(event));

  describe('that hangs', () => {
    let time = 0;
    const now = () => time;
    const never = new Promise<never>(() => undefined);
    const places: readonly (readonly [
      where: string,
      longest: number,
      overrides: (made: () => Fake) => Partial<ApplierOptions>,
    ])[] = [
      ['check', 1_210_000, (made) => ({ check: () => (made().events.push('hangs'), never) })],
      [
        'start or reload',
        600_000,
        (made) => ({
          draining: {
            wait: async () => undefined,
            makeRoom: () => (made().events.push('hangs'), never),
          },
        }),
      ],
      [
        'proof',
        15_000,
        (made) => ({
          control: {
            generation: async () =>
              made().events.includes('proven 1')
                ? (made().events.push('hangs'), never)
                : { checksum: '1', pid: 1 },
          },
        }),
      ],
    ];
    for (const [where, longest, overrides] of places)
      it(`in ${where} is overdue after ${longest / 1000} s, with a minute of room`, async () => {
        time = 0;
        const made: Fake = start({ now, ...overrides(() => made) });
        made.applier.submit(generation('1'));
        await until(made, 'proven 1');
        made.applier.submit(generation('2'));
        await until(made, 'hangs');
        time += longest + 60_000;
        expect(made.applier.overdue()).to.equal(null);
        time += 1;
        expect(made.applier.overdue()).to.include(`beyond its ${where} for ${longest / 1000 + 60} seconds`);
        // What hangs never lets it stop.
        fake = undefined;
      });

    const waits: readonly (readonly [
      what: string,
      overrides: Partial<ApplierOptions>,
      pace: 'now' | 'gathered',
    ])[] = [
      ['its turn', { rateLimit: 0.01 }, 'now'],
      ['older generations', { draining: { wait: () => never, makeRoom: async () => undefined } }, 'now'],
      ['more of its kind', { gather: 1_000_000 }, 'gathered'],
    ];
    for (const [what, overrides, pace] of waits)
      it(`is not overdue while it waits for ${what}`, async () => {
        time = 0;
        const made = start({ now, ...overrides });
        made.applier.submit(generation('1'));
        await until(made, 'proven 1');
        made.applier.submit(generation('2'), pace);
        if (pace === 'gathered') await until(made, 'check 2 after 1');
        await setTimeout(50);
        time += 100_000_000;
        // Its file may just be being written.
        await eventually(() => expect(made.applier.overdue()).to.equal(null));
        expect(made.events).to.not.include('proven 2');
        if (what === 'older generations') fake = undefined;
      });
  });

  it('says nothing of a check that was ended with everything else', async () => {
    for (const pace of ['now', 'gathered'] as const) {
      const made = start();
      made.applier.submit(generation('1'));
      await until(made, 'proven 1');
      const gate = Promise.withResolvers<CheckResult>();
      made.check = () => gate.promise;
      made.applier.submit(generation('2'), pace);
      await until(made, 'check 2 after 1');
      const stopped = made.applier.stop();
      gate.resolve({ ok: false, failures: [{ message: 'nginx could not be run', line: null }] });
      await stopped;
      const told = made.events.filter((event) => /^(?:refused|environment|fault|reload)/.test(event));
      expect(told).to.deep.equal([]);
    }
  });

  it('starts nginx for the first generation, and reloads it for the next', async () => {
    const made = start();
    expect(made.applier.proven()).to.equal(null);
    made.applier.submit(generation('1'));
    await until(made, 'proven 1');
    made.applier.submit(generation('2'));
    await until(made, 'proven 2');
    const expected = ['start', 'proven 1', 'check 2 after 1', 'reload', 'proven 2'];
    expect(made.events).to.deep.equal(expected);
    expect(made.applier.proven()).to.equal('2');
    expect(await readFile(folder.file('nginx.conf'), 'utf8')).to.equal('# Configuration checksum: 2\n');
  });

  it('does nothing for the generation that serves', async () => {
    const made = start();
    made.applier.submit(generation('1'));
    await until(made, 'proven 1');
    made.applier.submit(generation('1'));
    made.applier.submit(generation('2'));
    await until(made, 'proven 2');
    expect(made.events.filter((event) => event === 'proven 1')).to.have.length(1);
  });

  it('takes only the newest of those that wait', async () => {
    const made = start();
    const gate = Promise.withResolvers<CheckResult>();
    made.applier.submit(generation('1'));
    await until(made, 'proven 1');
    made.check = () => gate.promise;
    made.applier.submit(generation('2'));
    await until(made, 'check 2 after 1');
    for (const checksum of ['3', '4', '5']) made.applier.submit(generation(checksum));
    gate.resolve({ ok: true });
    await until(made, 'proven 5');
    const proven = made.events.filter((event) => event.startsWith('proven'));
    expect(proven).to.deep.equal(['proven 1', 'proven 2', 'proven 5']);
  });

  it('keeps the last good file when one is refused, and does not try that one again', async () => {
    const made = start();
    made.applier.submit(generation('1'));
    await until(made, 'proven 1');
    made.check = async ({ checksum }) =>
      checksum === '2'
        ? { ok: false as const, failures: [{ message: 'bad', line: 7 }] as const }
        : { ok: true };
    made.applier.submit(generation('2'));
    await until(made, 'refused 2: bad (7)');
    expect(made.applier.proven()).to.equal('1');
    expect(await readFile(folder.file('nginx.conf'), 'utf8')).to.equal('# Configuration checksum: 1\n');
    made.applier.submit(generation('2'));
    const checks = () => made.events.filter((event) => event.startsWith('check 2'));
    // Once more before anybody is accused.
    await steadily(() => expect(checks()).to.have.length(2), 50);
    made.applier.submit(generation('3'));
    await until(made, 'proven 3');
    expect(checks()).to.have.length(2);
  });

  it('tries a refused generation again once another has served', async () => {
    const made = start();
    made.check = async ({ checksum }) =>
      checksum === '2'
        ? { ok: false as const, failures: [{ message: 'bad', line: null }] as const }
        : { ok: true };
    for (const [checksum, event] of [
      ['1', 'proven 1'],
      ['2', 'refused 2: bad'],
      ['3', 'proven 3'],
    ] as const) {
      made.applier.submit(generation(checksum));
      await until(made, event);
    }
    made.check = async () => ({ ok: true });
    made.applier.submit(generation('2'));
    await until(made, 'proven 2');
  });

  it('refuses the first generation as any other', async () => {
    const made = start();
    made.takes = () => false;
    made.check = async () => ({ ok: false as const, failures: [{ message: 'bad', line: 1 }] as const });
    made.applier.submit(generation('1'));
    await until(made, 'refused 1: bad (1)');
    expect(made.applier.proven()).to.equal(null);
    expect(made.events).to.deep.equal(['start', 'check 1', 'refused 1: bad (1)']);
  });

  it('refuses the first generation when nginx ends without a reason that its check would find', async () => {
    const made = start();
    made.takes = () => false;
    made.applier.submit(generation('1'));
    await eventually(() => expect(made.events.at(-1)).to.match(/^refused 1: nginx did not start workers/));
  });

  it('takes back what nginx does not bring up, and tells what a look at the whole file finds', async () => {
    const made = start({ patience: 100 });
    made.applier.submit(generation('1'));
    await until(made, 'proven 1');
    made.takes = (checksum) => checksum !== '2';
    made.check = async ({ checksum }, base) =>
      base === null && checksum === '2'
        ? { ok: false as const, failures: [{ message: 'bad together', line: 3 }] as const }
        : { ok: true };
    made.applier.submit(generation('2'));
    await until(made, 'refused 2: bad together (3)');
    expect(made.events.slice(2)).to.deep.equal([
      'check 2 after 1',
      'reload',
      'reload',
      'check 2',
      'check 1',
      'check 2',
      'refused 2: bad together (3)',
    ]);
    expect(await readFile(folder.file('nginx.conf'), 'utf8')).to.equal('# Configuration checksum: 1\n');
  });

  it('gives what serves its files of Secrets back when others are refused, and blames them', async () => {
    const made = start();
    const path = folder.file('ssl/ca.pem');
    const files = (text: string) => [
      { folder: 'secret' as const, name: 'ca.pem', content: Buffer.from(text) },
    ];
    made.applier.submit(generation('1', files('good')));
    await until(made, 'proven 1');
    made.check = async () =>
      (await readFile(path, 'utf8')) === 'bad'
        ? { ok: false as const, failures: [{ message: 'bad file', line: null }] as const }
        : { ok: true };
    made.applier.submit(generation('2', files('bad')));
    await until(made, 'refused 2: bad file');
    expect(await readFile(path, 'utf8')).to.equal('good');
  });

  it('tries once more what nginx does not bring up without a reason, and then refuses it', async () => {
    const made = start({ patience: 50 });
    made.applier.submit(generation('1'));
    await until(made, 'proven 1');
    made.takes = (checksum) => checksum !== '2';
    made.applier.submit(generation('2'));
    const reason = 'nginx did not start workers with this configuration; see its messages above';
    await until(made, `environment 2: ${reason}`);
    await until(made, `refused 2: ${reason}`);
    made.takes = () => true;
    made.applier.submit(generation('3'));
    await until(made, 'proven 3');
  });

  it('blames no object for what nginx refuses once and takes then', async () => {
    const made = start();
    made.applier.submit(generation('1'));
    await until(made, 'proven 1');
    let refusals = 1;
    made.check = async () =>
      refusals-- > 0
        ? { ok: false as const, failures: [{ message: 'no memory', line: null }] as const }
        : { ok: true };
    made.applier.submit(generation('2'));
    await until(made, 'environment 2: nginx has refused this once, and takes it now');
    await until(made, 'proven 2');
  });

  it('blames no object when nginx refuses what serves as well, and tries again by itself', async () => {
    const made = start();
    made.applier.submit(generation('1'));
    await until(made, 'proven 1');
    made.check = async () => ({
      ok: false as const,
      failures: [{ message: 'no memory', line: null }] as const,
    });
    made.applier.submit(generation('2'));
    const reason = 'nginx refuses what serves now as well, so that no object is the reason: no memory';
    await until(made, `environment 2: ${reason}`);
    made.check = async () => ({ ok: true });
    await until(made, 'proven 2');
  });

  it('reports a fault before anything serves', async () => {
    const made = start();
    made.takes = () => {
      throw new Error('no disk');
    };
    made.applier.submit(generation('1'));
    await until(made, 'fault: Error: no disk');
    expect(made.applier.proven()).to.equal(null);
  });

  for (const [code, sentence] of [
    ['ENOSPC', /^environment 2: no space left on the disk of/],
    ['EROFS', /^environment 2: the folder \S+ is read-only; .* make it writable/],
  ] as const) {
    it(`outlives ${code} once something serves, and lets a newer generation end its pause`, async () => {
      const made = start();
      made.applier.submit(generation('1'));
      await until(made, 'proven 1');
      made.check = async ({ checksum }) => {
        if (checksum === '2') throw Object.assign(new Error('write failed'), { code });
        return { ok: true };
      };
      made.applier.submit(generation('2'));
      await eventually(() => expect(made.events.at(-1)).to.match(sentence));
      made.applier.submit(generation('3'));
      await until(made, 'proven 3');
      expect(made.events.filter((event) => event.startsWith('fault'))).to.deep.equal([]);
    });
  }

  it('tries a generation again after a fault, without a newer one', async () => {
    const made = start();
    made.applier.submit(generation('1'));
    await until(made, 'proven 1');
    let failures = 1;
    made.check = async () => {
      if (failures-- > 0) throw new Error('passing trouble');
      return { ok: true };
    };
    made.applier.submit(generation('2'));
    await until(made, 'proven 2');
    expect(made.events.filter((event) => event.startsWith('check 2'))).to.have.length(2);
  });

  it('waits between two reloads as the rate says, but not before the first', async () => {
    const made = start({ rateLimit: 10 });
    const begin = performance.now();
    made.applier.submit(generation('1'));
    await until(made, 'proven 1');
    expect(performance.now() - begin).to.be.below(90);
    made.applier.submit(generation('2'));
    await until(made, 'check 2 after 1');
    expect(performance.now() - begin).to.be.at.least(99);
  });

  it('takes the newest when it had to wait for workers of older generations, and makes room right before the reload', async () => {
    const gate = Promise.withResolvers<void>();
    const made: Fake = start({
      draining: {
        wait: () => {
          made.events.push('wait');
          return gate.promise;
        },
        makeRoom: async () => void made.events.push('make room'),
      },
    });
    made.applier.submit(generation('1'));
    await until(made, 'proven 1');
    made.applier.submit(generation('2'));
    await until(made, 'wait');
    made.applier.submit(generation('3'));
    gate.resolve();
    await until(made, 'proven 3');
    const expected = ['wait', 'check 3 after 1', 'make room', 'reload', 'proven 3'];
    expect(made.events.slice(2)).to.deep.equal(expected);
  });

  it('makes no room for a generation that is refused, and waits for none that serves', async () => {
    const made: Fake = start({
      draining: {
        wait: async () => void made.events.push('wait'),
        makeRoom: async () => void made.events.push('make room'),
      },
    });
    made.applier.submit(generation('1'));
    await until(made, 'proven 1');
    made.check = async ({ checksum }) =>
      checksum === '2'
        ? { ok: false as const, failures: [{ message: 'bad', line: 1 }] as const }
        : { ok: true };
    made.applier.submit(generation('2'));
    made.applier.submit(generation('1'));
    made.applier.submit(generation('2'));
    await until(made, 'refused 2: bad (1)');
    made.applier.submit(generation('2'));
    await made.applier.stop();
    expect(made.events.slice(2)).to.deep.equal([
      'wait',
      'check 2 after 1',
      'check 1',
      'check 2',
      'refused 2: bad (1)',
    ]);
  });

  it('has never two reloads in flight', async () => {
    // The first start takes its file without a check.
    let inFlight = 1;
    let most = 0;
    const made = start();
    made.check = async () => {
      most = Math.max(most, ++inFlight);
      await setTimeout(1);
      return { ok: true };
    };
    made.takes = () => {
      inFlight -= 1;
      return true;
    };
    for (let change = 1; change <= 200; change++) {
      made.applier.submit(generation(String(change)));
      if (change % 10 === 0) await setTimeout(1);
    }
    await until(made, 'proven 200');
    expect(most).to.equal(1);
    // Ten come at once, of which the last counts.
    expect(made.events.filter((event) => event === 'reload').length).to.be.within(1, 21);
  });

  it('stops while it waits for its turn, and takes nothing afterwards', async () => {
    const made = start({ rateLimit: 0.01 });
    made.applier.submit(generation('1'));
    await until(made, 'proven 1');
    made.applier.submit(generation('2'));
    await made.applier.stop();
    made.applier.submit(generation('3'));
    await made.applier.stop();
    expect(made.events).to.deep.equal(['start', 'proven 1']);
  });

  describe('with reloads that wait for more', () => {
    const config = () => readFile(folder.file('nginx.conf'), 'utf8');
    const placed = (checksum: string) =>
      eventually(async () => expect(await config()).to.equal(`# Configuration checksum: ${checksum}\n`));

    async function served(overrides: Partial<ApplierOptions>): Promise<Fake> {
      const made = start(overrides);
      made.applier.submit(generation('1'));
      await until(made, 'proven 1');
      return made;
    }

    it('puts each file in place at once, and loads the last when the first has waited long enough', async () => {
      const made = await served({ gather: 300 });
      const begin = performance.now();
      made.applier.submit(generation('2'), 'gathered');
      await placed('2');
      made.applier.submit(generation('3'), 'gathered');
      await placed('3');
      expect(made.applier.proven()).to.equal('1');
      await until(made, 'proven 3');
      expect(performance.now() - begin).to.be.at.least(290);
      expect(made.events.slice(2)).to.deep.equal([
        'check 2 after 1',
        'check 3 after 1',
        'reload',
        'proven 3',
      ]);
    });

    it('takes along what is owed with the next that cannot wait', async () => {
      const made = await served({ gather: 60_000 });
      made.applier.submit(generation('2'), 'gathered');
      await placed('2');
      made.applier.submit(generation('3'));
      await until(made, 'proven 3');
      expect(made.events.filter((event) => event === 'reload')).to.have.length(1);
    });

    it('takes a file back with what it brought', async () => {
      const made = await served({ gather: 60_000 });
      made.applier.submit(generation('2'), 'gathered');
      await placed('2');
      made.applier.submit(generation('1'));
      await placed('1');
      await steadily(() => expect(made.events).to.not.include('reload'), 50);
    });

    it('still loads what is owed after another was refused', async () => {
      const made = await served({ gather: 200 });
      made.check = async ({ checksum }) =>
        checksum === '3'
          ? { ok: false as const, failures: [{ message: 'bad', line: null }] as const }
          : { ok: true };
      made.applier.submit(generation('2'), 'gathered');
      await placed('2');
      made.applier.submit(generation('3'), 'gathered');
      await until(made, 'refused 3: bad');
      await until(made, 'proven 2');
    });

    it('gives up what does not come up', async () => {
      const made = await served({ gather: 10, patience: 50 });
      made.takes = (checksum) => checksum !== '2';
      made.applier.submit(generation('2'), 'gathered');
      await eventually(() => expect(made.events.at(-1)).to.match(/^refused 2: nginx did not start workers/));
      await placed('1');
      const count = made.events.length;
      await steadily(() => expect(made.events).to.have.length(count), 50);
    });
  });
});
