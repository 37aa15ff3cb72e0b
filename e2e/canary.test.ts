/** A canary by weight, through the controller in the cluster. */
import { expect } from 'chai';
import { createAsker } from './support/ask.ts';
import type { Asker } from './support/ask.ts';
import { reloads, rollout } from './support/controller.ts';
import { apply, createNamespace, deleteNamespace, eventually, namespacesEnded } from './support/kubectl.ts';
import { settled } from './support/load.ts';
import { echo, ingress } from './support/objects.ts';

const PREFIX = 'nginx.ingress.kubernetes.io';
const REQUESTS = 400;

describe('canary', () => {
  let namespace: string;
  let host: string;
  let ask: Asker;

  const weigh = (weight: number) => {
    const annotations = { [`${PREFIX}/canary`]: 'true', [`${PREFIX}/canary-weight`]: String(weight) };
    return apply(ingress({ name: 'next', host, service: 'next', annotations }), namespace);
  };

  async function share(): Promise<number> {
    let count = 0;
    for (let request = 0; request < REQUESTS; request++) {
      const { status, service } = await ask.http({ host });
      expect(status).to.equal(200);
      if (service === 'next') count++;
    }
    return count / REQUESTS;
  }

  before(async () => {
    namespace = await createNamespace('canary');
    host = `web.${namespace}.test`;
    await apply([echo('main', 2), echo('next', 1)].join('\n---\n'), namespace);
    await Promise.all(['main', 'next'].map((name) => rollout(name, namespace)));
    await apply(ingress({ name: 'main', host, service: 'main' }), namespace);
    ask = await createAsker();
    await ask.until({ host }, 'main');
  });

  after(() => deleteNamespace(namespace));

  it('gets its share, and another share without a reload', async () => {
    await weigh(100);
    await ask.until({ host }, 'next');
    await namespacesEnded();
    await settled();
    const before = await reloads();
    await weigh(30);
    // More than ten standard deviations from all of them.
    const part = await eventually('a share of 30 %', async () => {
      const now = await share();
      return now < 0.9 ? now : null;
    });
    expect(part).to.be.within(0.18, 0.42);
    await weigh(0);
    await eventually('no share', async () => ((await share()) === 0 ? true : null));
    await weigh(100);
    await eventually('all', async () => ((await share()) === 1 ? true : null));
    expect(await reloads()).to.equal(before);
  });
});
