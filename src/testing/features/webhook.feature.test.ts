import { expect } from 'chai';
import { confineProgram } from '../builders/confine.ts';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parseConfig } from '../../text/lexer.ts';
import type { Directive } from '../../text/lexer.ts';
import type { FakeObject } from '../fake-api/store.ts';
import { apply } from '../harness/cluster.ts';
import { ingress } from '../harness/objects.ts';
import { freePort } from '../harness/ports.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage, StartOptions } from '../harness/stage.ts';
import { eventually } from '../harness/poll.ts';
import { makeWebhookClient, reviewOf } from '../harness/webhook.ts';
import { siteObjects } from './site.ts';
import { vectors } from './vectors.ts';
import type { Canaries } from './vectors.ts';

const MIB = 2 ** 20;

interface Watched extends Canaries {
  /** What has happened to the canaries. */
  readonly touched: () => readonly string[];
}

async function makeCanaries(stage: Stage): Promise<Watched> {
  const file = join(stage.folder, 'canary');
  const text = 'CANARY-TEXT;\n';
  writeFileSync(file, text);
  // Reading sets the time of the last access when that is older than the last change.
  const rewind = () => utimesSync(file, 1, Date.now() / 1000);
  rewind();
  readFileSync(file);
  if (statSync(file).atimeMs === 1000) throw new Error(`${stage.folder} keeps no access times`);
  rewind();
  const port = await freePort();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  }).listen(port, '127.0.0.1');
  stage.defer(() => server.close());
  return {
    file,
    port,
    touched() {
      const read = statSync(file).atimeMs === 1000 ? [] : ['the file was read'];
      const reached = connections === 0 ? [] : ['the port was reached'];
      const written = readFileSync(file, 'utf8') === text ? [] : ['the file was written'];
      rewind();
      return [...read, ...reached, ...written];
    },
  };
}

async function startWebhook(stage: Stage, how: Pick<StartOptions, 'env' | 'user'> = {}) {
  const web = await stage.backend('web', { address: stage.address() });
  const api = await stage.api();
  apply(api, ...siteObjects(web));
  const webhook = await makeWebhookClient(stage);
  stage.defer(webhook.close);
  const program = await stage.start({ api, ...how, flags: ['--sync-rate-limit=20', ...webhook.flags] });
  await program.logged(/Starting validation webhook/);
  return { api, webhook, program };
}

const withUid = (object: FakeObject) => ({ ...object, metadata: { ...object.metadata, uid: randomUUID() } });
const good = (host: string) => withUid(ingress('good', { rules: { [host]: 'web' } }));

function namesOf(directives: readonly Directive[]): readonly string[] {
  return directives.flatMap(({ name, block }) => [name, ...(block === null ? [] : namesOf(block))]);
}

describe('webhook', () => {
  const the = useStage(async (stage) => ({
    ...(await startWebhook(stage)),
    canaries: await makeCanaries(stage),
  }));

  it('accepts and refuses, for creations, updates and dry runs', async () => {
    const { webhook } = the();
    for (const operation of ['CREATE', 'UPDATE'] as const) {
      for (const dryRun of [false, true]) {
        expect(await webhook.review(good('new.test'), { operation, dryRun })).to.include({ allowed: true });
        const taken = withUid(ingress('other', { rules: { 'a.test': 'web' } }));
        const answer = await webhook.review(taken, { operation, dryRun });
        expect(answer.allowed).to.equal(false);
        expect(answer.status?.message).to.equal(
          'spec.rules[0].http.paths[0].path: host "a.test" and path "/" is already defined in ingress default/a, which had it first; use another host or path',
        );
      }
    }
  });

  it('changes nothing', async () => {
    const { webhook, program } = the();
    const before = {
      files: listing(program.dataDir),
      conf: await program.nginxConf(),
      reloads: program.reloads(),
    };
    await webhook.review(good('new.test'));
    expect((await program.http('new.test', '/')).status).to.equal(404);
    const after = {
      files: listing(program.dataDir),
      conf: await program.nginxConf(),
      reloads: program.reloads(),
    };
    expect(after).to.deep.equal(before);
  });

  it('refuses or makes harmless every known attack', async function () {
    this.timeout(120_000);
    const { webhook, program, canaries, stage } = the();
    const files = listing(program.dataDir);
    const wrong: string[] = [];
    const ids = new Set<string>();
    for (const { id, what, expected, object } of vectors(canaries)) {
      const { allowed, status } = await webhook.review(object);
      ids.add(id);
      if (allowed && expected === 'refused') wrong.push(`${id} ${what}: accepted`);
      const message = status?.message ?? '';
      if (!allowed && message === '') wrong.push(`${id} ${what}: no reason`);
      if (/CANARY-TEXT/.test(message) || message.includes(program.dataDir))
        wrong.push(`${id} ${what}: tells ${message}`);
      for (const trace of canaries.touched()) wrong.push(`${id} ${what}: ${trace}`);
    }
    expect(wrong).to.deep.equal([]);
    // S18 is below.
    expect([...ids].sort()).to.deep.equal(
      Array.from({ length: 21 }, (_, index) => `S${String(index + 1).padStart(2, '0')}`).filter(
        (id) => id !== 'S18',
      ),
    );
    expect(listing(program.dataDir)).to.deep.equal(files);
    expect(readdirSync(stage.folder)).to.not.include('x');
    expect((await program.health()).status).to.equal(200);
  });

  it('accepts only what is harmless once it is applied', async function () {
    this.timeout(120_000);
    const { api, webhook, program, canaries } = the();
    const accepted: FakeObject[] = [];
    for (const { object, expected } of vectors(canaries)) {
      if (expected === 'either' && (await webhook.review(object)).allowed)
        accepted.push(object as FakeObject);
    }
    expect(accepted.length).to.be.above(20);
    const before = new Set(namesOf(parseConfig(await program.nginxConf())));
    await program.reloadAfter(() => apply(api, ...accepted));
    await program.settled();
    const names = new Set(namesOf(parseConfig(await program.nginxConf())));
    // A rewrite-target may be among them.
    for (const known of [...before, 'rewrite', 'proxy_set_header']) names.delete(known);
    expect([...names]).to.deep.equal([]);
    expect(canaries.touched()).to.deep.equal([]);
    expect((await program.http('a.test', '/')).echo().backend).to.equal('web');
    for (const { metadata } of accepted) api.delete('Ingress', `${metadata.namespace}/${metadata.name}`);
    await program.settled();
  });

  it('is not needed: what gets past it is harmless as well', async function () {
    this.timeout(120_000);
    const { api, program, canaries, stage } = the();
    // Names that no API server would let in have no way past it.
    const all = vectors(canaries)
      .map(({ object }) => object as FakeObject)
      .filter(({ metadata }) => /^[a-z0-9-]+$/.test(metadata.name) && metadata.namespace === 'default');
    expect(all.length).to.be.above(300);
    const before = new Set(namesOf(parseConfig(await program.nginxConf())));
    const files = listing(stage.folder);
    await program.reloadAfter(() => apply(api, ...all));
    await program.settled();
    const names = new Set(namesOf(parseConfig(await program.nginxConf())));
    for (const known of [...before, ...HARMLESS]) names.delete(known);
    expect([...names]).to.deep.equal([]);
    expect(canaries.touched()).to.deep.equal([]);
    // Checks have files while they run.
    await eventually(() =>
      expect(listing(stage.folder).filter((name) => !files.includes(name))).to.deep.equal([]),
    );
    expect((await program.http('a.test', '/')).echo().backend).to.equal('web');
    expect((await program.health()).status).to.equal(200);
    for (const { metadata } of all) api.delete('Ingress', `${metadata.namespace}/${metadata.name}`);
    await program.settled();
  });

  it('stands large, slow, deep, packed and many bodies (S18)', async () => {
    const { webhook } = the();
    const many = (length: number) => {
      const paths = Array.from({ length }, (_, index) => ({ path: `/p${index}`, to: 'web' }));
      return withUid(ingress('many', { rules: { 'many.test': paths } }));
    };
    const bodies: readonly (readonly [string | Buffer, readonly number[]])[] = [
      ['x'.repeat(10 * MIB), [413]],
      [Buffer.from('1f8b0800000000000003', 'hex'), [400]],
      [`{"kind":${'['.repeat(500_000)}`, [400]],
      // As many as nginx is shown, and more than that.
      [JSON.stringify(reviewOf(many(3000))), [200]],
      [JSON.stringify(reviewOf(many(12_000))), [200]],
    ];
    for (const [body, statuses] of bodies) {
      const answer = await webhook.post(body).catch((error: unknown) => String(error));
      if (typeof answer === 'string') expect(answer).to.match(/EPIPE|ECONNRESET/);
      else expect(statuses).to.include(answer.status);
    }
    const padded = JSON.stringify(reviewOf(good('padded.test'))) + ' '.repeat(2 * MIB);
    const statuses = await Promise.all(
      Array.from({ length: 40 }, async () => (await webhook.post(padded)).status),
    );
    expect(new Set(statuses)).to.deep.equal(new Set([200]));
    expect((await webhook.review(good('after.test'))).allowed).to.equal(true);
  });
});

/** What good values of annotations may print. */
const HARMLESS = [
  'rewrite',
  'proxy_set_header',
  'auth_request',
  'auth_request_set',
  'add_header',
  'internal',
  'error_page',
  'proxy_pass_request_body',
  'proxy_intercept_errors',
  'proxy_ssl_server_name',
  'proxy_ssl_name',
  'rewrite_by_lua_file',
];

describe('webhook where', () => {
  const NOBODY = 65_534;
  const noNamespaces = ['unshare'];
  const confine = { TIDEGATE_CONFINE: confineProgram() };
  const places: readonly Where[] = [
    { where: 'everything can be used', broken: [], env: {}, says: 'sandbox="namespaces"' },
    {
      where: 'an ordinary user can make namespaces',
      broken: [],
      env: {},
      says: 'sandbox="namespaces"',
      user: NOBODY,
    },
    {
      where: 'an ordinary user can make none',
      broken: noNamespaces,
      env: confine,
      says: 'sandbox="landlock"',
      user: NOBODY,
    },
    { where: 'namespaces cannot be made', broken: noNamespaces, env: confine, says: 'sandbox="landlock"' },
    {
      where: 'there is no sandbox, nginx is not asked',
      broken: noNamespaces,
      env: {},
      says: 'neither namespaces nor Landlock',
    },
  ];
  for (const { where, broken, env, says, user } of places) {
    describe(where, () => {
      const the = useStage((stage) => {
        const bin = join(stage.folder, 'bin');
        mkdirSync(bin);
        for (const name of broken) {
          writeFileSync(join(bin, name), '#!/bin/sh\nexit 1\n');
          chmodSync(join(bin, name), 0o755);
        }
        const all = { ...env, PATH: `${bin}:${process.env['PATH']}` };
        return startWebhook(stage, user === undefined ? { env: all } : { env: all, user });
      });

      it('says so, and decides the same', async () => {
        const { webhook, program } = the();
        expect(await program.logged(/candidates are/)).to.include(says);
        expect((await webhook.review(good('new.test'))).allowed).to.equal(true);
        const bad = withUid(ingress('bad', { rules: { 'b.test': [{ path: '/a(', to: 'web' }] } }));
        expect((await webhook.review(bad)).allowed).to.equal(false);
      });
    });
  }
});

interface Where {
  readonly where: string;
  /** Programs that do not work. */
  readonly broken: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly says: string;
  readonly user?: number;
}

/** All files below a folder but the logs of requests, which come on their own. */
function listing(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}
