/** A new host is served before its reload exactly as after it (the laws of docs/decisions/0009). */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { writeBackends, annotate } from '../features/site.ts';
import type { Backend } from '../harness/backend.ts';
import { counted, ingressOf, mutant, observe, policies } from '../harness/live-routes.ts';
import type { NewHost, RawRequest, Seen } from '../harness/live-routes.ts';
import { endpoints, ingress, ingressClass, secret, service } from '../harness/objects.ts';
import type { PathSpec } from '../harness/objects.ts';
import { PASSWORD, basic, hashes, userFile } from '../harness/passwords.ts';
import { eventually } from '../harness/poll.ts';
import type { Program } from '../harness/program.ts';
import { createStage, useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';

const ROUNDS = 8;
const REQUESTS = 60;

/** Repeats a run: `TIDEGATE_SEED=123 npm run feature -- -g 'live routes'`. */
const seed = Number(process.env['TIDEGATE_SEED'] ?? Date.now());

const NAMES = ['n1', 'n2', 'n3', 'n4', 'n5'];
const paths: fc.Arbitrary<PathSpec> = fc.record({
  path: fc.constantFrom('/', '/a', '/a/b', '/b', '/A', '/a.b', '/.well-known/acme-challenge'),
  type: fc.constantFrom('Exact', 'Prefix', 'ImplementationSpecific'),
  to: fc.constantFrom('one', 'two', 'down'),
});
const bodies = fc.record({
  policy: fc.constantFrom(...Object.keys(policies)),
  paths: fc.array(paths, { minLength: 1, maxLength: 4 }),
});

const targets = fc.constantFrom(
  ...'/ /a /a/ /a/b /a/b/ /a/b/c /ab /A /A/x /a.b /axb /b /b/x /c //a /a//b /./a /a/../b /%61 /a%2Fb /a/%2e%2e/b /a?x=1 /a/?/../b /a;x /ä'.split(
    ' ',
  ),
  '/.well-known/acme-challenge/t',
  'http://n2.test/a?y',
);
const hosts = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...NAMES.map((name) => `${name}.test`)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('N1.Test', 'n2.test:8080', 'n3.test.', 'a.n1.test', 'unknown.test', ''),
  },
);
const request: fc.Arbitrary<RawRequest> = fc.record({
  method: fc.constantFrom('GET', 'GET', 'GET', 'POST', 'POST', 'OPTIONS', 'HEAD'),
  target: targets,
  version: fc.constantFrom('1.1', '1.1', '1.0'),
  host: hosts,
  headers: fc.constantFrom(
    [],
    [],
    ['Origin: https://a.test'],
    ['X-Forwarded-For: 1.2.3.4'],
    ['Cookie: stay=x'],
    [`Authorization: ${basic('anna', PASSWORD).authorization}`],
    [`Authorization: ${basic('anna', 'wrong').authorization}`],
  ),
  bodyLength: fc.constantFrom(0, 0, 0, 10, 1024, 1025, 2_000_000),
});
const round = fc.record({
  first: fc.tuple(...NAMES.map(() => fc.option(bodies))),
  second: fc.tuple(...NAMES.map(() => fc.option(bodies))),
  changes: fc.constantFrom('none', 'some', 'all'),
  requests: fc.array(request, { minLength: REQUESTS, maxLength: REQUESTS }),
});
type Round = typeof round extends fc.Arbitrary<infer T> ? T : never;

interface Scene {
  readonly stage: Stage;
  readonly program: Program;
  readonly backends: readonly Backend[];
}

/** @param program arguments of node; undefined: the sources. */
async function open(stage: Stage, program?: readonly string[]): Promise<Scene> {
  const backends = [await stage.backend('one'), await stage.backend('two')];
  const [one, two] = backends as [Backend, Backend];
  stage.write('class.yaml', ingressClass(), {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'default' },
    // The lines of requests for hosts that nobody has are compared, too.
    data: { 'enable-access-log-for-default-backend': 'true' },
  });
  stage.write(
    'services.yaml',
    service('one'),
    ...endpoints('one', [one]),
    service('two'),
    ...endpoints('two', [two]),
  );
  stage.write('users.yaml', secret('users', { auth: userFile({ anna: hashes['sha'] ?? '' }) }));
  stage.write('down.yaml', service('down'), ...endpoints('down', []));
  // Below some paths a policy is another one, since nobody is asked for a password there.
  const everywhere = ['/', '/.well-known/acme-challenge'].map((path) => ({ path, to: 'one' }));
  for (const [name, annotations] of Object.entries(policies))
    stage.write(
      `${name}.yaml`,
      ingress(`old-${name}`, {
        annotations: annotate(annotations),
        rules: { [`${name}.old.test`]: everywhere },
      }),
    );
  const flags = ['--configmap=default/settings', '--live-routes-age=1h', '--sync-rate-limit=50'];
  return {
    stage,
    backends,
    program: await stage.start({ flags, ...(program === undefined ? {} : { program }) }),
  };
}

function hostsOf(found: Round['first']): readonly NewHost[] {
  return found.flatMap((body, index) => (body === null ? [] : [{ ...body, host: `${NAMES[index]}.test` }]));
}

/** The hosts of a round come, some of them change or go, and then everything is loaded: before and after must be the same. */
async function play(
  { stage, program, backends }: Scene,
  { first, second, changes, requests }: Round,
  number: number,
) {
  const reloads = program.reloads();
  const last = first.map((body, index) =>
    changes === 'all' || (changes === 'some' && index % 2 === 0) ? (second[index] ?? null) : body,
  ) as unknown as Round['first'];
  // All in one file, so that each state is one change.
  const write = (wanted: readonly NewHost[], ...more: readonly object[]) =>
    stage.write('new.yaml', ingressClass('other'), ...wanted.map(ingressOf), ...more);
  for (const state of changes === 'none' ? [first] : [first, last]) {
    write(hostsOf(state));
    await inFile(
      program,
      hostsOf(state).map(({ host }) => host),
    );
  }
  await settledRoutes(program, hostsOf(last));
  const [before, asked] = await counted(backends, () => observe(program, requests, `live${number}`));
  const waited = program.reloads() === reloads;
  await program.reloadAfter(() => write(hostsOf(last), trigger(`/r${number}`)));
  const [after, askedAgain] = await counted(backends, () => observe(program, requests, `file${number}`));
  await program.reloadAfter(() => write([]));
  return { before, after, asked, askedAgain, waited };
}

/** A host that takes a reload. */
function trigger(root: string): object {
  return ingress('trigger', {
    annotations: annotate({ 'app-root': root }),
    rules: { 'trigger.test': 'one' },
  });
}

function differences(before: readonly Seen[], after: readonly Seen[]) {
  return before.flatMap((live, index) => {
    const loaded = after[index];
    return JSON.stringify(live) === JSON.stringify(loaded) ? [] : [{ live, loaded }];
  });
}

async function inFile(program: Program, wanted: readonly string[]): Promise<void> {
  await eventually(async () => {
    const text = await program.nginxConf();
    const found = NAMES.map((name) => `${name}.test`).filter((host) =>
      text.includes(`## start server ${host}\n`),
    );
    expect(found).to.deep.equal(wanted);
  });
}

/** A change of paths shows in the file, which is written after the routes were sent. */
async function settledRoutes(program: Program, wanted: readonly NewHost[]): Promise<void> {
  await eventually(async () => {
    const text = await program.nginxConf();
    for (const { host, paths: own } of wanted) {
      const server = text.slice(
        text.indexOf(`## start server ${host}\n`),
        text.indexOf(`## end server ${host}\n`),
      );
      for (const { path } of own) expect(server).to.include(`set $location_path "${path}";`);
    }
  });
}

describe('live routes', () => {
  const the = useStage(async (stage) => open(stage));

  it(`answer as the file does once it is loaded (seed ${seed})`, async function () {
    this.timeout(240_000);
    const rounds = fc.sample(round, { seed, numRuns: ROUNDS });
    let live = 0;
    for (const [number, one] of rounds.entries()) {
      const { before, after, asked, askedAgain, waited } = await play(the(), one, number);
      expect(waited, 'no reload comes before').to.equal(true);
      expect(
        differences(before, after),
        JSON.stringify(differences(before, after)[0], null, 1),
      ).to.deep.equal([]);
      expect(asked).to.deep.equal(askedAgain);
      live += before.filter(
        ({ answer, request: text }) => /^HTTP\S+ 200/.test(answer) && /Host: n/.test(text),
      ).length;
    }
    // Else nothing was tested.
    expect(live).to.be.above(20);
  });

  it('answer alike in old and new workers while a reload runs', async () => {
    const { stage, program } = the();
    stage.write('new.yaml', ingress('n1', { rules: { 'n1.test': 'one' } }) as never);
    await inFile(program, ['n1.test']);
    let over = false;
    const wrong: number[] = [];
    const client = async () => {
      while (!over) {
        const { status } = await program.atOnce.http('n1.test', '/');
        if (status !== 200) wrong.push(status);
        await setTimeout(1);
      }
    };
    const clients = [client(), client(), client()];
    for (let reload = 0; reload < 5; reload++)
      await program.reloadAfter(() => stage.write('trigger.yaml', trigger(`/o${reload}`)));
    over = true;
    await Promise.all(clients);
    expect(wrong).to.deep.equal([]);
  });

  for (const [name, annotations] of [
    ['a policy that nobody has yet', { 'proxy-read-timeout': '123' }],
    ['an app-root', { 'app-root': '/x' }],
    ['a rewrite', { 'rewrite-target': '/y' }],
    ['a limit', { 'limit-rps': '5' }],
    ['an alias', { 'server-alias': 'alias.test' }],
  ] as const) {
    it(`wait for a reload with ${name}`, async () => {
      const { stage, program } = the();
      const own = ingress('n5', { annotations: annotate(annotations), rules: { 'n5.test': 'one' } });
      await program.reloadAfter(() => stage.write('own.yaml', own as never));
      expect((await program.http('n5.test', '/')).status).to.be.below(400);
      await program.reloadAfter(() => stage.write('own.yaml', ingressClass('own')));
    });
  }
});

describe('live routes that are switched off', () => {
  it('leave everything to the reload', async () => {
    const stage = createStage();
    try {
      await writeBackends(stage);
      stage.write('old.yaml', ingress('old', { rules: { 'old.test': 'one' } }));
      const program = await stage.start({ flags: ['--live-routes=false', '--live-routes-age=1h'] });
      await program.reloadAfter(() =>
        stage.write('new.yaml', ingress('new', { rules: { 'new.test': 'one' } })),
      );
      expect((await program.http('new.test', '/')).status).to.equal(200);
      expect(await program.nginxConf()).to.not.include('@policy_');
    } finally {
      await stage.close();
    }
  });
});

describe('the comparison of live routes with the file', () => {
  for (const [name, change] of [
    ['does not know exact paths', ['local exact = routes.exact[uri]', 'local exact = nil']],
    ['forgets the limit of bodies', ['if length and length > route.limit then', 'if false then']],
    [
      'forgets which path it is',
      ['  var[name] = value', '  var[name] = name == "location_path" and "" or value'],
    ],
    [
      'sends requests on by another path',
      ['return ngx.exec(route.policy)', 'ngx.req.set_uri("/x") return ngx.exec(route.policy)'],
    ],
  ] as const) {
    it(`notices a program that ${name}`, async function () {
      this.timeout(120_000);
      const stage = createStage();
      try {
        const scene = await open(stage, mutant(join(stage.folder, 'mutant'), 'routes.lua', change));
        // Of which it is known that they show all of these.
        const rounds = fc.sample(round, { seed: 3, numRuns: ROUNDS });
        let found: readonly unknown[] = [];
        for (const [number, one] of rounds.entries()) {
          const { before, after } = await play(scene, one, number);
          found = differences(before, after);
          if (found.length > 0) break;
        }
        expect(found).to.not.deep.equal([]);
      } finally {
        await stage.close();
      }
    });
  }
});
