import { expect } from 'chai';
import { silentLogger } from '../../lib/log.ts';
import { sendJson } from '../../testing/fake-api/answers.ts';
import type { FakeApi } from '../../testing/fake-api/server.ts';
import type { Sink } from '../sink.ts';
import { startReflector } from './reflector.ts';
import type { Reflector, ReflectorOptions } from './reflector.ts';
import {
  eventually,
  openBench,
  quickTimings,
  recordClock,
  recordSink,
} from '../../testing/fake-api/support.ts';
import type { Bench, RecordingSink } from '../../testing/fake-api/support.ts';

const kind = 'ConfigMap';

function configMap(name: string, value = 'x') {
  return { kind, metadata: { name, namespace: 'default' }, data: { value } } as const;
}

function create(api: FakeApi, ...names: readonly string[]): void {
  for (const name of names) api.create(configMap(name));
}

describe('reflector', () => {
  let bench: Bench;
  let api: FakeApi;
  let sink: RecordingSink;
  let stopping: AbortController;
  let reflector: Reflector;

  beforeEach(async () => {
    bench = await openBench({ timeout: 300 });
    api = bench.api;
    sink = recordSink();
    stopping = new AbortController();
  });

  afterEach(async () => {
    stopping.abort();
    await reflector.done.catch(() => undefined);
    await bench.close();
  });

  function start(overrides: Partial<ReflectorOptions> = {}): void {
    reflector = startReflector({
      client: bench.client,
      kind,
      path: '/api/v1/configmaps',
      query: {},
      whenForbidden: 'wait',
      sink,
      log: silentLogger,
      signal: stopping.signal,
      pageSize: 500,
      timings: quickTimings,
      clock: recordClock('real'),
      ...overrides,
    });
  }

  /** Lists and watches: what follows is about the watch. */
  async function startStreaming(overrides: Partial<ReflectorOptions> = {}): Promise<void> {
    start(overrides);
    await streaming();
  }

  function streaming(): Promise<void> {
    return eventually(() => {
      expect(reflector.status().state).to.equal('streaming');
      expect(api.openWatches()).to.equal(1);
    });
  }

  function holds(...names: readonly string[]): Promise<void> {
    const keys = names.map((name) => `default/${name}`);
    return eventually(() => expect(sink.keys(kind)).to.deep.equal(keys));
  }

  function count(verb: string): number {
    return api.requests().filter((request) => request.verb === verb).length;
  }

  it('replaces once, then puts and removes', async () => {
    create(api, 'a', 'b');
    await startStreaming();
    create(api, 'c');
    api.update(configMap('a', 'changed'));
    api.delete(kind, 'default/b');
    await holds('a', 'c');
    expect(sink.calls).to.deep.equal([
      'replace ConfigMap 2',
      'put ConfigMap default/c',
      'put ConfigMap default/a',
      'remove ConfigMap default/b',
    ]);
    expect(sink.get(kind, 'default/a')).to.deep.include({
      kind,
      apiVersion: 'v1',
      data: { value: 'changed' },
    });
    expect(reflector.status()).to.include({ state: 'streaming', synced: true, failures: 0, lastError: '' });
    expect(reflector.status().lastContact).to.be.greaterThan(0);
  });

  it('asks for pages, bookmarks and a random time limit', async () => {
    create(api, 'a', 'b', 'c', 'd', 'e');
    await startStreaming({ pageSize: 2 });
    await holds('a', 'b', 'c', 'd', 'e');
    expect(sink.calls).to.deep.equal(['replace ConfigMap 5']);
    const [first, second, third, watch] = api.requests().map(({ query }) => query);
    expect(first).to.deep.equal({ limit: '2' });
    expect(second).to.have.keys('limit', 'continue');
    expect(third).to.have.keys('limit', 'continue');
    expect(watch).to.deep.equal({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: api.version(),
      timeoutSeconds: '450',
    });
  });

  it('starts the list over when a continue token expires', async () => {
    create(api, 'a', 'b', 'c');
    let armed = true;
    api.onRequest(({ query }) => {
      if (query['continue'] === undefined || !armed) return;
      armed = false;
      api.delete(kind, 'default/a');
      api.expireContinueTokens();
    });
    start({ pageSize: 2 });
    await holds('b', 'c');
    expect(sink.calls).to.deep.equal(['replace ConfigMap 2']);
  });

  it('goes on from the version of a bookmark', async () => {
    await startStreaming();
    api.create({ kind: 'Secret', metadata: { name: 's', namespace: 'default' } });
    api.bookmark(kind);
    // Without the bookmark the old version would be too old now, and a list would follow.
    api.compact();
    const version = api.version();
    api.closeWatches();
    await eventually(() => expect(count('watch')).to.equal(2));
    expect(api.requests().at(-1)?.query['resourceVersion']).to.equal(version);
    create(api, 'a');
    await holds('a');
    expect(count('list')).to.equal(1);
  });

  describe('goes on from the last version, without a list, when', () => {
    const breaks: readonly (readonly [string, (api: FakeApi) => void])[] = [
      ['the server closes the stream', (server) => server.closeWatches()],
      ['the connection is reset', (server) => server.resetWatches()],
    ];
    for (const [name, interrupt] of breaks) {
      it(`${name}, at once the first time`, async () => {
        const clock = recordClock('real');
        await startStreaming({ clock });
        create(api, 'before');
        await holds('before');
        interrupt(api);
        create(api, 'gap');
        await holds('before', 'gap');
        expect(count('list')).to.equal(1);
        expect(clock.sleeps).to.deep.equal([]);
      });
    }

    it('the stream falls silent and stays open', async () => {
      await startStreaming({ timings: { ...quickTimings, idleLimit: 150 } });
      api.stallWatches();
      create(api, 'silent');
      await holds('silent');
      expect(count('list')).to.equal(1);
    });

    it('the resource is quiet for longer than the limit', async () => {
      await startStreaming({ timings: { ...quickTimings, idleLimit: 100, stableAfter: 50 } });
      await eventually(() => expect(count('watch')).to.be.at.least(2));
      create(api, 'late');
      await holds('late');
      expect(count('list')).to.equal(1);
      // A long-lived stream that ends is no failure.
      expect(reflector.status()).to.include({ failures: 0, lastError: '' });
    });

    it('the stream ends in the middle of a line', async () => {
      await startStreaming();
      api.sendPart(kind, '{"type":"ADDED","obj');
      api.closeWatches();
      create(api, 'a');
      await holds('a');
      expect(count('list')).to.equal(1);
    });

    it('the server answers the watch with 500', async () => {
      await startStreaming();
      api.fail({ verb: 'watch', answer: 500, times: 3 });
      api.closeWatches();
      create(api, 'gap');
      await holds('gap');
      expect(count('list')).to.equal(1);
      expect(count('watch')).to.equal(5);
      expect(reflector.status().lastError).to.include('500 injected answer');
    });

    it('the server asks for a pause with 429 and Retry-After', async () => {
      const clock = recordClock('real');
      await startStreaming({ clock });
      api.fail({ verb: 'watch', answer: 429, retryAfter: '1' });
      api.closeWatches();
      create(api, 'gap');
      await holds('gap');
      expect(count('list')).to.equal(1);
      expect(clock.sleeps).to.deep.equal([quickTimings.retryAfterMax + quickTimings.backOffBase / 2]);
    });
  });

  describe('lists again when', () => {
    const causes: readonly (readonly [string, (api: FakeApi) => void])[] = [
      ['an ERROR event says 410 and the stream stays open', (server) => server.sendError(kind, 410)],
      ['an ERROR event says something else', (server) => server.sendError(kind, 500)],
      ['a line is not JSON', (server) => server.sendLine(kind, '{"type":"ADDED"')],
      ['a line is JSON but no event', (server) => server.sendLine(kind, '[1]')],
      ['an event is of an unknown type', (server) => server.sendLine(kind, '{"type":"MOVED","object":{}}')],
      [
        'an object has no name',
        (server) => server.sendLine(kind, '{"type":"ADDED","object":{"metadata":{}}}'),
      ],
      [
        'an object is of another kind',
        (server) =>
          server.sendLine(kind, '{"type":"DELETED","object":{"kind":"Pod","metadata":{"name":"a"}}}'),
      ],
    ];
    for (const [name, spoil] of causes) {
      it(`${name}, at once the first time`, async () => {
        const clock = recordClock('real');
        create(api, 'a');
        await startStreaming({ clock });
        api.stallWatches();
        create(api, 'unseen');
        await eventually(() => expect(api.openWatches()).to.equal(1));
        api.closeWatches();
        await holds('a', 'unseen');
        await streaming();
        spoil(api);
        await eventually(() => expect(count('list')).to.equal(2));
        await holds('a', 'unseen');
        expect(clock.sleeps).to.deep.equal([]);
        expect(reflector.status().lastError).to.not.equal('');
      });
    }

    it('the watch is refused with 410', async () => {
      await startStreaming();
      api.fail({ verb: 'watch', answer: 410 });
      api.closeWatches();
      create(api, 'gap');
      await holds('gap');
      expect(count('list')).to.equal(2);
    });

    it('the history was compacted while it was away; deletions arrive', async () => {
      create(api, 'a', 'b');
      await startStreaming();
      api.fail({ verb: 'watch', answer: 500 });
      api.closeWatches();
      api.delete(kind, 'default/a');
      api.compact();
      await holds('b');
      expect(sink.calls).to.deep.equal(['replace ConfigMap 2', 'replace ConfigMap 1']);
    });

    it('a line is broken, and takes nothing from the lines behind it', async () => {
      await startStreaming();
      const event = { type: 'ADDED', object: configMap('behind') };
      api.sendLine(kind, `rubbish\n${JSON.stringify(event)}`);
      await eventually(() => expect(count('list')).to.equal(2));
      await streaming();
      expect(sink.calls).to.deep.equal(['replace ConfigMap 0', 'replace ConfigMap 0']);
    });

    it('streams are spoiled, without pauses when each lived long', async () => {
      const clock = recordClock('real');
      await startStreaming({ clock, timings: { ...quickTimings, stableAfter: 0 } });
      for (let round = 0; round < 3; round += 1) {
        api.sendLine(kind, 'rubbish');
        await eventually(() => expect(count('list')).to.equal(round + 2));
        await streaming();
      }
      expect(clock.sleeps).to.deep.equal([]);
    });

    it('every stream is spoiled, with growing pauses', async () => {
      const clock = recordClock('instant');
      await startStreaming({ clock });
      for (let round = 0; round < 5; round += 1) {
        const before = count('list');
        create(api, `n${round}`);
        api.sendLine(kind, 'rubbish');
        await eventually(() => expect(count('list')).to.equal(before + 1));
        await streaming();
      }
      // Events do not shorten them: a list costs too much.
      expect(clock.sleeps).to.deep.equal([4, 8, 16, 20]);
    });
  });

  describe('keeps trying when the list', () => {
    // 401 is tried twice by the client itself; a hanging request costs time.
    const answers = [
      { answer: 500, times: 2 },
      { answer: 401, times: 4 },
      { answer: 410, times: 2 },
      { answer: 'reset', times: 2 },
      { answer: 'nonsense', times: 2 },
      { answer: 'hang', times: 1 },
    ] as const;
    for (const { answer, times } of answers) {
      it(`is answered with ${answer}`, async () => {
        create(api, 'a');
        api.fail({ verb: 'list', answer, times });
        start();
        expect(reflector.status().synced).to.equal(false);
        await holds('a');
        expect(sink.calls).to.deep.equal(['replace ConfigMap 1']);
        expect(reflector.status().synced).to.equal(true);
        expect(reflector.status().lastError).to.include('GET /api/v1/configmaps');
      });
    }

    const versioned = '"metadata":{"resourceVersion":"1"}';
    for (const [what, body] of [
      ['a list of another kind', `{"kind":"PodList",${versioned},"items":[{"metadata":{"name":"b"}}]}`],
      ['an object that is no list', `{"kind":"Table",${versioned},"rows":[]}`],
      ['a list without a kind', `{${versioned}}`],
      ['a list of things that are no objects', `{"kind":"ConfigMapList",${versioned},"items":[7]}`],
      ['a list of objects without names', `{"kind":"ConfigMapList",${versioned},"items":[{"metadata":{}}]}`],
    ] as const) {
      it(`is answered with ${what}`, async () => {
        create(api, 'a');
        api.fail({ verb: 'list', answer: (response) => sendJson(response, 200, body), times: 2 });
        start();
        await holds('a');
        expect(sink.calls).to.deep.equal(['replace ConfigMap 1']);
      });
    }

    it('is answered with 429 and Retry-After', async () => {
      const clock = recordClock('real');
      api.fail({ verb: 'list', answer: 429, retryAfter: '0.1' });
      await startStreaming({ clock });
      expect(clock.sleeps).to.deep.equal([102]);
    });

    for (const answer of [403, 404]) {
      it(`is answered with ${answer}, slowly`, async () => {
        const clock = recordClock('real');
        api.fail({ verb: 'list', answer, times: 3 });
        start({ clock });
        await eventually(() => expect(reflector.status().denied).to.equal(true));
        expect(reflector.status().lastContact).to.be.greaterThan(0);
        await streaming();
        expect(reflector.status().denied).to.equal(false);
        const slow = quickTimings.deniedRetry * 0.75;
        expect(clock.sleeps).to.deep.equal([slow, slow, slow]);
        expect(sink.calls).to.deep.equal(['replace ConfigMap 0']);
      });
    }
  });

  it('may count a forbidden kind as empty, once, until it is permitted', async () => {
    create(api, 'a');
    api.fail({ verb: 'list', answer: 403, times: 3 });
    start({ whenForbidden: 'empty' });
    await holds('a');
    expect(sink.calls).to.deep.equal(['replace ConfigMap 0', 'replace ConfigMap 1']);
  });

  it('survives an outage of the server and goes on from the last version', async () => {
    const said: string[] = [];
    const log = {
      ...silentLogger,
      info: (message: string) => void said.push(message),
      warn: (message: string) => void said.push(message),
    };
    create(api, 'a');
    await startStreaming({ log });
    expect(said).to.deep.equal([]);
    await api.stopListening();
    create(api, 'meanwhile');
    await eventually(() => expect(reflector.status().failures).to.be.at.least(4));
    expect(reflector.status().state).to.equal('resuming');
    expect(sink.keys(kind)).to.deep.equal(['default/a']);
    await api.listenAgain();
    await holds('a', 'meanwhile');
    expect(count('list')).to.equal(1);
    expect([said[0], said.at(-1)]).to.deep.equal([
      'cannot follow a kind of objects, trying again',
      'following again',
    ]);
  });

  it('backs off while connections are made and lost, until an event came', async () => {
    const clock = recordClock('instant');
    await startStreaming({ clock });
    for (let round = 0; round < 4; round += 1) {
      const before = count('watch');
      api.closeWatches();
      await eventually(() => expect(count('watch')).to.equal(before + 1));
      await streaming();
    }
    expect(clock.sleeps).to.deep.equal([4, 8, 16]);
    create(api, 'a');
    await holds('a');
    api.closeWatches();
    create(api, 'b');
    await holds('a', 'b');
    expect(clock.sleeps).to.have.length(3);
  });

  describe('sees an object that is deleted and created again under its name in a gap', () => {
    it('as two events when it goes on', async () => {
      create(api, 'a');
      await startStreaming();
      const old = sink.get(kind, 'default/a')?.metadata.uid;
      api.resetWatches();
      api.delete(kind, 'default/a');
      create(api, 'a');
      await eventually(() => expect(sink.get(kind, 'default/a')?.metadata.uid).to.not.equal(old));
      expect(sink.calls.slice(1)).to.deep.equal(['remove ConfigMap default/a', 'put ConfigMap default/a']);
    });

    it('as an object with another uid when it lists', async () => {
      create(api, 'a');
      await startStreaming();
      const old = sink.get(kind, 'default/a')?.metadata.uid;
      api.stallWatches();
      api.delete(kind, 'default/a');
      create(api, 'a');
      api.compact();
      api.resetWatches();
      await eventually(() => expect(sink.get(kind, 'default/a')?.metadata.uid).to.not.equal(old));
      expect(sink.calls).to.deep.equal(['replace ConfigMap 1', 'replace ConfigMap 1']);
    });
  });

  it('delivers text with U+2028, which readline would cut', async () => {
    await startStreaming();
    api.create(configMap('a', 'one\u2028two\u2029three'));
    await eventually(() =>
      expect(sink.get(kind, 'default/a')).to.have.deep.property('data', { value: 'one\u2028two\u2029three' }),
    );
    expect(count('list')).to.equal(1);
  });

  describe('stops', () => {
    it('during a list that is not answered', async () => {
      api.fail({ verb: 'list', answer: 'hang' });
      start();
      await eventually(() => expect(count('list')).to.equal(1));
      stopping.abort();
      await reflector.done;
      expect(sink.calls).to.deep.equal([]);
      expect(reflector.status()).to.include({ state: 'stopped', failures: 0, lastError: '' });
      expect(api.requests()).to.have.length(1);
    });

    it('between the pages of a list', async () => {
      create(api, 'a', 'b', 'c');
      api.onRequest(({ query }) => {
        if (query['continue'] !== undefined) stopping.abort();
      });
      start({ pageSize: 1 });
      await reflector.done;
      expect(sink.calls).to.deep.equal([]);
    });

    it('during a long back-off', async () => {
      api.fail({ verb: 'list', answer: 500, times: 99 });
      start({ timings: { ...quickTimings, backOffBase: 1e7, backOffMax: 1e7 } });
      await eventually(() => expect(reflector.status().failures).to.equal(1));
      const began = Date.now();
      stopping.abort();
      await reflector.done;
      expect(Date.now() - began).to.be.lessThan(500);
      expect(api.requests()).to.have.length(1);
    });

    it('between two events that came together', async () => {
      const seen: string[] = [];
      const stopper: Sink = {
        ...sink,
        put: ({ metadata }) => {
          seen.push(metadata.name);
          stopping.abort();
        },
      };
      await startStreaming({ sink: stopper });
      const lines = ['a', 'b'].map((name) => JSON.stringify({ type: 'ADDED', object: configMap(name) }));
      api.sendLine(kind, lines.join('\n'));
      await reflector.done;
      expect(seen).to.deep.equal(['a']);
    });

    it('while streaming, and calls the sink no more', async () => {
      await startStreaming();
      const calls = sink.calls.length;
      stopping.abort();
      create(api, 'late');
      await reflector.done;
      expect(sink.calls).to.have.length(calls);
      await eventually(() => expect(api.openWatches()).to.equal(0));
    });
  });

  it('ends with the exception of a consumer', async () => {
    const bug = new Error('a bug in the store');
    const throwing: Sink = {
      ...sink,
      put: () => {
        throw bug;
      },
    };
    await startStreaming({ sink: throwing });
    create(api, 'a');
    const thrown: unknown = await reflector.done.catch((error: unknown) => error);
    expect(thrown).to.equal(bug);
    await eventually(() => expect(api.openWatches()).to.equal(0));
  });
});
