/** Whatever Ingresses share hosts and paths, nginx answers as the tables of compat/behaviour.md say. */
import { expect } from 'chai';
import fc from 'fast-check';
import { annotate, writeBackends } from '../features/site.ts';
import { ingress, service } from '../harness/objects.ts';
import type { PathSpec } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { useStage } from '../harness/stage.ts';
import { answerOf, DOWN } from './routing-reference.ts';
import type { Owner, Rule } from './routing-reference.ts';

const SETS = 40;
const REQUESTS = 12;

/** Repeats a run: `TIDEGATE_SEED=123 npm run feature -- -g 'random Ingresses'`. */
const seed = Number(process.env['TIDEGATE_SEED'] ?? Date.now());

const AGES = ['2025-01-01T00:00:00Z', '2025-01-02T00:00:00Z', '2025-01-03T00:00:00Z'];
const HOSTS = ['a.test', 'b.test', 'w.x.test', '*.x.test', ''];
const PLAIN = ['', '/', '/a', '/a/', '/a/b', '/a/b/', '/A', '/a.b', '/b', '/b/', '/b/c'];
const PATTERNS = ['/a/(.*)', '/a(/|$)(.*)', '/(a|b)/[a-z]+', '/b/[0-9]+', '/[a-c]'];
const TARGETS = ['/new', '/a', '/$1', '/$2', '/x/$1'];

const ASKED_HOSTS = ['a.test', 'b.test', 'w.x.test', 'v.x.test', 'u.v.x.test', 'x.test', 'unknown.test'];
const ASKED_PATHS =
  '/ /a /a/ /a/b /a/b/ /a/b/c /a/x /a/12 /ab /A /A/B /A/ /b /b/ /b/1 /b/c /B/C /b/x/y /a.b /axb /c /new'.split(
    ' ',
  );

const services = fc.constantFrom('one', 'two', 'three', 'one', 'two', 'three', DOWN);
const types = fc.constantFrom('Exact', 'Prefix', 'ImplementationSpecific');
const paths: fc.Arbitrary<Required<PathSpec>> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ path: fc.constantFrom(...PLAIN), type: types, to: services }) },
  {
    weight: 1,
    // The other types take no signs of expressions.
    arbitrary: fc.record({
      path: fc.constantFrom(...PATTERNS),
      type: fc.constant('ImplementationSpecific'),
      to: services,
    }),
  },
);
const rules: fc.Arbitrary<Rule> = fc.record({
  host: fc.constantFrom(...HOSTS),
  paths: fc.array(paths, { maxLength: 4 }),
});

/** Mostly null, once in so many times something. */
const rarely = <T>(times: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: times - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
const seldom = (times: number) => rarely(times, fc.constant(true)).map((value) => value ?? false);

const specs: fc.Arbitrary<Omit<Owner, 'name'>> = fc.record({
  created: fc.constantFrom(...AGES),
  rules: fc.oneof(
    {
      weight: 9,
      arbitrary: fc.uniqueArray(rules, { minLength: 1, maxLength: 3, selector: ({ host }) => host }),
    },
    { weight: 1, arbitrary: fc.constant([]) },
  ),
  defaultBackend: rarely(4, services),
  useRegex: seldom(10),
  rewriteTarget: rarely(10, fc.constantFrom(...TARGETS)),
  tls: seldom(12),
});
const owners = fc
  .array(specs, { minLength: 2, maxLength: 12 })
  .map((list) => list.map((spec, index): Owner => ({ ...spec, name: `i${index}` })));

const request = fc.record({
  host: fc.constantFrom(...ASKED_HOSTS),
  target: fc
    .tuple(fc.constantFrom(...ASKED_PATHS), seldom(5))
    .map(([path, query]) => (query ? `${path}?q=1` : path)),
});
const requests = fc.array(request, { minLength: REQUESTS, maxLength: REQUESTS });

function ingressOf({ name, created, defaultBackend, ...owner }: Owner): object {
  const annotations = {
    ...(owner.useRegex ? { 'use-regex': 'true' } : {}),
    ...(owner.rewriteTarget === null ? {} : { 'rewrite-target': owner.rewriteTarget }),
  };
  return ingress(name, {
    created,
    annotations: annotate(annotations),
    rules: Object.fromEntries(owner.rules.map(({ host, paths }) => [host, paths])),
    ...(defaultBackend === null ? {} : { defaultBackend }),
    ...(owner.tls ? { tls: [{ hosts: owner.rules.map(({ host }) => host) }] } : {}),
  });
}

describe('random Ingresses', () => {
  const the = useStage(async (stage) => {
    await writeBackends(stage);
    stage.write('down.yaml', service(DOWN));
    return { program: await stage.start({ flags: ['--sync-rate-limit=100'] }) };
  });

  async function ask(host: string, target: string): Promise<string> {
    const answer = await the().program.http(host, target);
    if (answer.status === 200) return `${answer.echo().backend} ${answer.echo().url}`;
    const { location } = answer.headers;
    return location === undefined ? String(answer.status) : `${answer.status} ${location}`;
  }

  let sets = 0;
  async function serve(list: readonly Owner[]): Promise<void> {
    const { program, stage } = the();
    // A host of its own makes a reload of every set, also of one that changes nothing else.
    const mark = ingress('mark', { rules: { [`set-${++sets}.test`]: 'one' } });
    await program.reloadAfter(() => stage.write('set.yaml', mark, ...list.map(ingressOf)));
  }

  it('are answered as the tables say', async () => {
    const kinds = new Map<string, number>();
    const property = fc.asyncProperty(owners, requests, async (list, asked) => {
      await serve(list);
      const wanted = asked.map(({ host, target }) => answerOf(list, host, target));
      for (const answer of wanted) {
        const [kind = ''] = answer.split(' ');
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      }
      const named = (answers: readonly string[]) =>
        asked.map(({ host, target }, index) => `${host}${target} gets ${answers[index]}`);
      // Names of hosts that have a certificate no more leave the workers a little after the reload.
      await eventually(async () => {
        const found = await Promise.all(asked.map(({ host, target }) => ask(host, target)));
        expect(named(found)).to.deep.equal(named(wanted));
      }, 2000);
    });
    // The message of a failure has the seed.
    await fc.assert(property, {
      numRuns: SETS,
      seed,
      interruptAfterTimeLimit: 120_000,
      markInterruptAsFailure: true,
    });
    // A run in which nothing is found shows nothing.
    expect(kinds.get('404')).to.be.above(SETS / 2);
    for (const backend of ['one', 'two', 'three']) expect(kinds.get(backend)).to.be.above(SETS / 4);
  });
});
