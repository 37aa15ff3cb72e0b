import { expect } from 'chai';
import { crc32 } from 'node:zlib';
import type { Backend } from '../harness/backend.ts';
import { ingressClass } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { freePort } from '../harness/ports.ts';
import { site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

const POINTS = 160;

/** The ring by its definition (compat/behaviour.md 12.3), slow and plain. */
function ringNode(ids: readonly string[], key: string): string {
  const points = ids.flatMap((id) => {
    let previous = 0;
    return Array.from({ length: POINTS }, () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(previous);
      previous = crc32(Buffer.concat([Buffer.from(id), bytes]));
      return { hash: previous, id };
    });
  });
  points.sort((a, b) => a.hash - b.hash || (a.id < b.id ? -1 : 1));
  const hash = crc32(key);
  return (points.find((point) => point.hash >= hash) ?? points[0])?.id ?? '';
}

const keys = Array.from({ length: 60 }, (_, index) => `/key-${index * 7919}`);

describe('load balancing', () => {
  const the = useStage(async (stage) => {
    const names = ['one', 'two', 'three', 'four', 'five'];
    const all = await Promise.all(names.map((name) => stage.backend(name)));
    const slow = await stage.backend('slow', { delay: 150 });
    stage.write('class.yaml', ingressClass());
    const hashed = (places: readonly Backend[]) =>
      site('hashed', { places, with: { 'upstream-hash-by': '$request_uri' } });
    stage.write('hashed.yaml', ...hashed(all));
    stage.write(
      'text.yaml',
      ...site('text', { places: all, with: { 'upstream-hash-by': '${host}-x$nobody' } }),
    );
    stage.write(
      'header.yaml',
      ...site('header', { places: all, with: { 'upstream-hash-by': '$http_x_user' } }),
    );
    stage.write(
      'subset.yaml',
      ...site('subset', {
        places: all,
        with: {
          'upstream-hash-by': '$arg_key',
          'upstream-hash-by-subset': true,
          'upstream-hash-by-subset-size': 2,
        },
      }),
    );
    stage.write(
      'ewma.yaml',
      ...site('ewma', { places: [...all.slice(0, 2), slow], with: { 'load-balance': 'ewma' } }),
    );
    return { all, hashed, program: await stage.start({ flags: ['--sync-rate-limit=20'] }) };
  });

  const idOf = ({ address, port }: Backend) => `${address}:${port}`;

  async function served(host: string, path: string, headers = {}): Promise<string> {
    return (await the().program.http(host, path, { headers })).echo().backend;
  }

  function expected(places: readonly Backend[], key: string): string | undefined {
    const id = ringNode(places.map(idOf).sort(), key);
    return places.find((place) => idOf(place) === id)?.name;
  }

  it('a hash sends each key where the ring of ingress-nginx has it', async () => {
    for (const key of keys) expect(await served('hashed.test', key), key).to.equal(expected(the().all, key));
  });

  it('a hash moves only the keys of an endpoint that is gone', async () => {
    const { all, hashed, stage } = the();
    const rest = all.slice(1);
    stage.write('hashed.yaml', ...hashed(rest));
    const moving = keys.find((key) => expected(all, key) === 'one');
    expect(moving).to.be.a('string');
    await eventually(async () => expect(await served('hashed.test', moving ?? '')).not.to.equal('one'));
    for (const key of keys) {
      const before = expected(all, key);
      const now = await served('hashed.test', key);
      expect(now, key).to.equal(expected(rest, key));
      if (before !== 'one') expect(now, key).to.equal(before);
    }
    stage.write('hashed.yaml', ...hashed(all));
  });

  it('a hash takes text and several variables, unknown ones as empty', async () => {
    const first = await served('text.test', '/a');
    expect(first).to.equal(expected(the().all, 'text.test-x'));
    expect(await served('text.test', '/b')).to.equal(first);
  });

  it('a hash takes headers', async () => {
    for (const user of ['anna', 'bert', 'cleo', 'dora']) {
      expect(await served('header.test', '/', { 'x-user': user })).to.equal(expected(the().all, user));
    }
  });

  it('a subset keeps a key within its group, and uses all of the group', async () => {
    const groups = new Set<string>();
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
      const seen = new Set<string>();
      for (let request = 0; request < 30; request++) seen.add(await served('subset.test', `/?key=${key}`));
      expect(seen.size, key).to.equal(2);
      groups.add([...seen].sort().join(' '));
    }
    expect(groups.size).to.be.within(2, 3);
  });

  it('ewma prefers the fast endpoints', async () => {
    const counts: Record<string, number> = {};
    for (let request = 0; request < 60; request++) {
      const name = await served('ewma.test', '/');
      counts[name] = (counts[name] ?? 0) + 1;
    }
    expect(counts['slow'] ?? 0).to.be.below(12);
    expect((counts['one'] ?? 0) + (counts['two'] ?? 0)).to.be.above(48);
  });

  it('ewma that is chosen later learns from then on', async () => {
    const { program, stage, all } = the();
    const slow = await stage.backend('slow', { delay: 150 });
    const places = [...all.slice(0, 2), slow];
    await program.reloadAfter(() => stage.write('later.yaml', ...site('later', { places })));
    stage.write('later.yaml', ...site('later', { places, with: { 'load-balance': 'ewma' } }));
    await eventually(async () => {
      const names = new Set<string>();
      for (let request = 0; request < 12; request++) names.add(await served('later.test', '/'));
      expect([...names]).to.not.include('slow');
    });
  });

  it('a further try goes to an endpoint that has not been tried, whatever other requests do', async () => {
    const { program, stage, all } = the();
    const dead = [
      { address: '127.0.0.1', port: await freePort() },
      { address: '127.0.0.1', port: await freePort() },
    ];
    const places = [...all.slice(0, 1), ...dead];
    await program.reloadAfter(() => stage.write('tries.yaml', ...site('tries', { places })));
    const answers = await Promise.all(
      Array.from({ length: 60 }, async () => (await program.http('tries.test', '/')).status),
    );
    expect(answers).to.deep.equal(answers.map(() => 200));
    const few = { 'proxy-next-upstream-tries': 2 };
    await program.reloadAfter(() => stage.write('tries.yaml', ...site('tries', { places, with: few })));
    const statuses = new Set<number>();
    for (let request = 0; request < 60; request++)
      statuses.add((await program.http('tries.test', '/')).status);
    expect([...statuses].sort()).to.deep.equal([200, 502]);
  });

  it('tools see the way of each backend', async () => {
    const { program } = the();
    const answer = await fetch(`http://127.0.0.1:${program.ports.status}/configuration/backends`);
    const list = (await answer.json()) as readonly {
      readonly name: string;
      readonly 'load-balance': string;
    }[];
    const ways = Object.fromEntries(list.map((backend) => [backend.name, backend['load-balance']]));
    expect(ways).to.include({
      'default-hashed-80': 'chash',
      'default-subset-80': 'chashsubset',
      'default-ewma-80': 'ewma',
    });
  });
});
