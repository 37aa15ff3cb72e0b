/** The attacks of the past (compat/security.md 1.2), each by its name, twice: as the webhook sees it, and past the webhook. */
import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import { parseConfig } from '../../text/lexer.ts';
import type { Directive } from '../../text/lexer.ts';
import type { FakeObject } from '../fake-api/store.ts';
import { apply } from '../harness/cluster.ts';
import { ingress } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import { makeCanaries } from './canaries.ts';
import { vectors } from './vectors.ts';
import type { Vector } from './vectors.ts';
import { startWebhook } from './webhook-stage.ts';

/** S18 is about the size and number of bodies (webhook.feature.test.ts). */
const ids = Array.from({ length: 21 }, (_, index) => `S${String(index + 1).padStart(2, '0')}`).filter(
  (id) => id !== 'S18',
);

/** What good values of annotations may print. */
const HARMLESS = new Set([
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
]);

function namesOf(directives: readonly Directive[]): readonly string[] {
  return directives.flatMap(({ name, block }) => [name, ...(block === null ? [] : namesOf(block))]);
}

/** Names that no API server would let in have no way past it. */
function canBeStored({ metadata }: FakeObject): boolean {
  return /^[a-z0-9-]+$/.test(metadata.name) && metadata.namespace === 'default';
}

/** All files below a folder, but those of checks of the configuration, which come and go. */
function listing(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !/\/check\/nginx-cfg-/.test(name))
    .sort();
}

/** Also of what some vectors ask for besides their attack, which brings a block of its own. */
async function usualNames({ api, program }: Awaited<ReturnType<typeof startWebhook>>) {
  const annotations = { 'auth-url': 'http://auth.example/', 'auth-keepalive': '1' };
  apply(api, ...site('usual', { places: [], with: annotations }).map((object) => object as FakeObject));
  const text = await eventually(async () => {
    const conf = await program.nginxConf();
    expect(conf).to.include('start server usual.test').and.include('upstream auth_');
    return conf;
  });
  api.delete('Ingress', 'default/usual');
  return namesOf(parseConfig(text));
}

describe('attacks', () => {
  const the = useStage(async (stage) => {
    const started = await startWebhook(stage);
    const canaries = await makeCanaries(stage);
    const usual = new Set(await usualNames(started));
    return { ...started, canaries, usual };
  });

  const vectorsOf = (id: string): readonly Vector[] =>
    vectors(the().canaries).filter((vector) => vector.id === id);

  it('are all there', () => {
    expect([...new Set(vectors(the().canaries).map(({ id }) => id))].sort()).to.deep.equal(ids);
  });

  for (const id of ids) {
    it(`${id} is refused, or taken for the harmless text that it is; nothing is touched, nothing told`, async () => {
      const { webhook, program, canaries, stage } = the();
      const files = listing(stage.folder);
      const wrong: string[] = [];
      for (const { what, expected, object } of vectorsOf(id)) {
        const { allowed, status } = await webhook.review(object);
        const message = status?.message ?? '';
        if (allowed && expected === 'refused') wrong.push(`${what}: accepted`);
        if (!allowed && message === '') wrong.push(`${what}: no reason`);
        if (/CANARY-TEXT/.test(message) || message.includes(program.dataDir))
          wrong.push(`${what}: ${message}`);
        for (const trace of canaries.touched()) wrong.push(`${what}: ${trace}`);
      }
      expect(wrong).to.deep.equal([]);
      expect(listing(stage.folder)).to.deep.equal(files);
      expect((await program.health()).status).to.equal(200);
    });

    it(`${id} past the webhook adds no directive, touches nothing, and harms nobody`, async () => {
      const { api, program, canaries, stage, usual } = the();
      const objects = vectorsOf(id)
        .map(({ object }) => object as FakeObject)
        .filter(canBeStored);
      const files = listing(stage.folder);
      const marker = `marker-${id.toLowerCase()}`;
      apply(api, ...objects, ingress(marker, { rules: { [`${marker}.test`]: 'web' } }));
      const text = await eventually(async () => {
        const conf = await program.nginxConf();
        expect(conf).to.include(`start server ${marker}.test`);
        return conf;
      });
      const names = new Set(namesOf(parseConfig(text)));
      expect([...names].filter((name) => !usual.has(name) && !HARMLESS.has(name))).to.deep.equal([]);
      expect(canaries.touched()).to.deep.equal([]);
      expect(listing(stage.folder).filter((name) => !files.includes(name))).to.deep.equal([]);
      expect((await program.http('a.test', '/')).echo().backend).to.equal('web');
      for (const { metadata } of objects) api.delete('Ingress', `${metadata.namespace}/${metadata.name}`);
      await program.settled();
    });
  }
});
