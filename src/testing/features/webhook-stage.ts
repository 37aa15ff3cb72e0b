import { apply } from '../harness/cluster.ts';
import type { Stage, StartOptions } from '../harness/stage.ts';
import { makeWebhookClient } from '../harness/webhook.ts';
import { siteObjects } from './site.ts';

/** A program with a site, and a client of its webhook. */
export async function startWebhook(stage: Stage, how: Pick<StartOptions, 'env' | 'user'> = {}) {
  const web = await stage.backend('web', { address: stage.address() });
  const api = await stage.api();
  apply(api, ...siteObjects(web));
  const webhook = await makeWebhookClient(stage);
  stage.defer(webhook.close);
  const program = await stage.start({ api, ...how, flags: ['--sync-rate-limit=20', ...webhook.flags] });
  await program.logged(/Starting validation webhook/);
  return { api, webhook, program };
}
