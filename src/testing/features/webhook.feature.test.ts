import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { confineProgram } from '../builders/compiled.ts';
import type { FakeObject } from '../fake-api/store.ts';
import { ingress } from '../harness/objects.ts';
import { useStage } from '../harness/stage.ts';
import { reviewOf } from '../harness/webhook.ts';
import { startWebhook } from './webhook-stage.ts';

const MIB = 2 ** 20;

const withUid = (object: FakeObject) => ({ ...object, metadata: { ...object.metadata, uid: randomUUID() } });
const good = (host: string) => withUid(ingress('good', { rules: { [host]: 'web' } }));

describe('webhook', () => {
  const the = useStage((stage) => startWebhook(stage));

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
