import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { FakeObject } from '../fake-api/store.ts';
import { apply } from '../harness/cluster.ts';
import { summaryOf } from '../harness/load.ts';
import { askedAllTheTime } from '../harness/neighbourhood.ts';
import { ingress } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { residentMegabytes } from '../harness/processes.ts';
import { sendSlowBodies } from '../harness/slow-bodies.ts';
import { useStage } from '../harness/stage.ts';
import { makeWebhookClient, reviewOf } from '../harness/webhook.ts';
import { siteObjects } from './site.ts';

const BODIES = 200;
const MIB = 2 ** 20;
/** As large as the webhook takes them; 200 of them are 600 MiB. */
const BYTES = 3 * MIB;
/** Milliseconds of one body. */
const DURATION = 4000;
/** The webhook holds 24 MiB of bodies at once; text, parsed object, buffers of TLS and garbage are a multiple of it. */
const MOST_GROWTH = 200;
/** Milliseconds until a new Ingress must serve, with much to spare for slow machines. */
const SERVED = 30_000;

describe('a flood of large and slow bodies to the webhook', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web', { address: stage.address() });
    const api = await stage.api();
    apply(api, ...siteObjects(web));
    const webhook = await makeWebhookClient(stage);
    stage.defer(webhook.close);
    const program = await stage.start({ api, flags: ['--sync-rate-limit=20', ...webhook.flags] });
    await program.logged(/Starting validation webhook/);
    return { api, webhook, program };
  });

  it('costs a bounded amount of memory and no request, and new Ingresses serve meanwhile', async () => {
    const { api, webhook, program } = the();
    const before = residentMegabytes(program.pid, 'peak');
    const review = JSON.stringify(reviewOf(withUid(ingress('slow', { rules: { 'slow.test': 'web' } }))));
    const slow = {
      port: webhook.port,
      path: '/networking/v1/ingresses?timeout=10s',
      body: Buffer.from(review.padEnd(BYTES)),
      duration: DURATION,
    };
    let during = 0;
    const asked = await askedAllTheTime(
      program,
      { hosts: ['a.test'], least: 1, rate: 100, isGood: (text) => text.includes('"backend":"web"') },
      async () => {
        const flood = sendSlowBodies(BODIES, slow);
        for (let number = 0; flood.open() > 0; number++) {
          const host = `new-${number}.test`;
          apply(api, ingress(`new-${number}`, { rules: { [host]: 'web' } }));
          await eventually(async () => expect((await program.http(host, '/')).status).to.equal(200), SERVED);
          if (flood.open() > 0) during = number + 1;
        }
        for (const outcome of await flood.outcomes)
          expect(outcome).to.match(/^(?:200|408|503|ECONNRESET|EPIPE)$/);
      },
    );
    expect(summaryOf(asked.losses)).to.equal('');
    expect(during, 'Ingresses that served while bodies came').to.be.above(0);
    const growth = residentMegabytes(program.pid, 'peak') - before;
    expect(growth, `MB more than ${before}`).to.be.below(MOST_GROWTH);
    const after = withUid(ingress('after', { rules: { 'after.test': 'web' } }));
    await eventually(async () => expect((await webhook.review(after)).allowed).to.equal(true), SERVED);
  });
});

function withUid(object: FakeObject): FakeObject {
  return { ...object, metadata: { ...object.metadata, uid: randomUUID() } };
}
