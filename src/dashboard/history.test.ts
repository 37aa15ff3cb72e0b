import { expect } from 'chai';
import { createStores } from '../cluster/stores.ts';
import type { KubeObject } from '../source/objects.ts';
import { NOW } from '../testing/builders/dashboard.ts';
import { configMap, ingress, ingressClass, service } from '../testing/builders/objects.ts';
import { pipeline } from '../testing/builders/render.ts';
import { createHistory, diffOf } from './history.ts';
import type { Changes, History } from './history.ts';

const site = (host: string, spec: Parameters<typeof ingress>[0] = {}) =>
  ingress({ name: host, host: `${host}.example.com`, ...spec });
const base: readonly KubeObject[] = [ingressClass(), service(), site('a'), site('b')];
const times = { check: 12.4, proof: 34.5 };

/** A program that brings up what is put into it. */
function program() {
  const stores = createStores(() => undefined);
  const living = pipeline();
  let version = 1;
  const put = (...objects: readonly KubeObject[]) => {
    for (const object of objects)
      stores.put({
        ...object,
        metadata: { ...object.metadata, resourceVersion: String(++version) },
      } as KubeObject);
  };
  put(...base);
  return {
    put,
    remove: (key: string) => stores.remove('Ingress', key),
    render: async () => (await living.run(stores.snapshot())).generation,
  };
}

async function changesBy(change: (made: ReturnType<typeof program>) => void): Promise<Changes> {
  const made = program();
  const history = createHistory(() => NOW);
  history.proven({ generation: await made.render(), times });
  change(made);
  history.proven({ generation: await made.render(), times });
  const { changes } = newest(history);
  if (changes === null) throw new Error('nothing to compare with');
  return changes;
}

function newest(history: History) {
  const [entry] = history.list();
  if (entry === undefined) throw new Error('no entry');
  return entry;
}

const linesOf = (changes: Changes) =>
  diffOf(changes).parts.flatMap(({ lines }) =>
    lines.flatMap((one) => (one === null ? [] : [`${one.sign}${one.line.trim()}`])),
  );

describe('the history of generations', () => {
  it('has the first one, and what came of it', async () => {
    const history = createHistory(() => NOW);
    const generation = await program().render();
    history.proven({ generation, times });
    expect(history.list()).to.have.length(1);
    expect(newest(history)).to.deep.include({
      number: 1,
      checksum: generation.checksum,
      at: NOW,
      outcome: 'proven',
      times,
      changes: null,
    });
    expect(history.serving()).to.equal(newest(history));
    expect(history.trouble()).to.equal(null);
  });

  for (const [what, change, expected] of [
    ['a new host', (made) => made.put(site('c')), { added: ['c.example.com'], removed: [], changed: [] }],
    [
      'a host that has gone',
      (made) => made.remove('default/b'),
      { added: [], removed: ['b.example.com'], changed: [] },
    ],
    [
      'a changed host',
      (made) => made.put(site('b', { paths: ['/x'] })),
      { added: [], removed: [], changed: ['b.example.com'] },
    ],
  ] as readonly (readonly [string, (made: ReturnType<typeof program>) => void, object])[]) {
    it(`names ${what} and nothing else`, async () => {
      const changes = await changesBy(change);
      expect(changes).to.deep.include({ ...expected, frame: [] });
      expect(diffOf(changes).isComplete).to.equal(true);
    });
  }

  it('shows the lines that differ', async () => {
    const lines = linesOf(await changesBy((made) => made.put(site('b', { paths: ['/', '/x'] }))));
    expect(lines).to.include('+location "/x/" {').and.include('+location = "/x" {');
    expect(lines.filter((line) => line.startsWith('-'))).to.deep.equal([]);
  });

  it('names what all servers share', async () => {
    const changes = await changesBy((made) => made.put(configMap({ 'keep-alive': '5' })));
    expect(changes).to.deep.include({ added: [], removed: [], frame: ['Settings of nginx and http'] });
    expect(linesOf(changes).some((line) => /^\+keepalive_timeout 5s?;/.test(line))).to.equal(true);
  });

  it('does not show what annotations of authentication, headers and snippets hold', async () => {
    const changes = await changesBy((made) => {
      made.put(configMap({ 'allow-snippet-annotations': 'true', 'annotations-risk-level': 'Critical' }));
      made.put(
        site('b', {
          annotations: {
            'auth-url': 'https://hidden-a.example.com/hidden-b',
            'auth-signin': 'https://hidden-c.example.com/',
            'auth-snippet': 'proxy_set_header X-A hidden-d;',
            'configuration-snippet':
              'proxy_read_timeout 77s;\n  set $token hidden-e;\nproxy_set_header X-B hidden-f;',
            'server-snippet': 'keepalive_timeout 78s;',
            'request-headers': 'set X-C: hidden-g',
            'upstream-vhost': 'hidden-h.example.com',
          },
        }),
      );
    });
    expect(changes.changed).to.include('b.example.com');
    const text = linesOf(changes).join('\n');
    expect(text).to.include('(line of a snippet, not shown)').and.include('(not shown)');
    // The Ingress is in force, so that all of it stands in the file.
    expect(text).to.include('+location = /_external-auth').and.not.include('+return 503');
    expect(text).to.not.match(/hidden|77s|78s/);
  });

  it('keeps a refusal with the words of nginx, counts tries, and forgets it when something serves', async () => {
    const made = program();
    const history = createHistory(() => NOW);
    history.proven({ generation: await made.render(), times });
    made.put(site('c'));
    const generation = await made.render();
    const refused = {
      generation,
      failures: [{ message: 'no "such" <thing>' }],
      cause: 'configuration',
    } as const;
    history.refused(refused);
    expect(newest(history)).to.deep.include({
      number: 2,
      outcome: 'refused',
      tries: 1,
      words: ['no "such" <thing>'],
    });
    expect(history.trouble()).to.equal('no "such" <thing>');
    expect(history.serving()?.number).to.equal(1);
    history.refused({ ...refused, cause: 'environment' });
    expect(newest(history)).to.deep.include({ number: 2, outcome: 'failed', tries: 2 });
    history.proven({ generation, times });
    expect(newest(history)).to.deep.include({ number: 2, outcome: 'proven', words: [] });
    expect(newest(history).changes?.added).to.deep.equal(['c.example.com']);
    expect(history.list()).to.have.length(2);
    expect([history.trouble(), history.serving()?.number]).to.deep.equal([null, 2]);
  });

  it('keeps names, and no text, where nobody shows it', async () => {
    const made = program();
    const history = createHistory(() => NOW, 'left out');
    history.proven({ generation: await made.render(), times });
    made.put(site('c'), configMap({ 'keep-alive': '5' }));
    history.proven({ generation: await made.render(), times });
    expect(newest(history).changes).to.deep.include({
      added: ['c.example.com'],
      counts: { added: 1, removed: 0, changed: 0 },
      frame: ['Settings of nginx and http'],
      parts: [],
    });
    expect(history.proofs()).to.equal(2);
  });

  it('says when no text could be made', () => {
    const history = createHistory(() => NOW);
    history.unrendered('a bug');
    expect(history.trouble()).to.equal('a bug');
    expect(history.list()).to.deep.equal([]);
  });

  it('keeps twenty, and a bounded part of each', async () => {
    const made = program();
    const history = createHistory(() => NOW);
    for (let round = 0; round < 25; round++) {
      made.put(site('a', { paths: [`/v${round}`] }));
      history.proven({ generation: await made.render(), times });
    }
    expect(history.list()).to.have.length(20);
    expect([newest(history).number, history.list().at(-1)?.number]).to.deep.equal([25, 6]);
    made.put(...Array.from({ length: 1500 }, (_, index) => site(`h${index}`)));
    history.proven({ generation: await made.render(), times });
    const { changes } = newest(history);
    if (changes === null) throw new Error('nothing to compare with');
    const kept = changes.parts.reduce((sum, { before, after }) => sum + before.length + after.length, 0);
    expect(kept).to.be.within(50_000, 200_000);
    expect(changes.added).to.have.length(1000);
    expect(changes.counts).to.deep.equal({ added: 1500, removed: 0, changed: 0 });
    const { parts, isComplete } = diffOf(changes);
    expect(parts.reduce((sum, { lines }) => sum + lines.length, 0)).to.equal(500);
    expect(isComplete).to.equal(false);
  });
});
