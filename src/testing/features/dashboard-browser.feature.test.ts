import { expect } from 'chai';
import type { Context } from '../../dashboard/context.ts';
import { createHistory } from '../../dashboard/history.ts';
import { createRates } from '../../dashboard/rates.ts';
import { tlsSecret } from '../builders/certificates.ts';
import { dashboardContext, NOW } from '../builders/dashboard.ts';
import { ingress, ingressClass, service, slice } from '../builders/objects.ts';
import { evaluateExactly } from '../builders/pipeline.ts';
import { render } from '../builders/render.ts';
import { ask, openPage, startBrowser } from '../harness/browser.ts';
import type { Browser, OpenPage } from '../harness/browser.ts';
import { serveDashboard } from '../harness/dashboard.ts';
import { eventually, steadily } from '../harness/poll.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';

const HOSTS = 10_000;

const objects = [
  ingressClass(),
  service({ name: 'web' }),
  slice({ service: 'web', addresses: ['10.0.0.1', '10.0.0.2'] }),
  tlsSecret({ name: 'tls' }),
];
const shop = (paths: readonly string[]) =>
  ingress({
    name: 'shop',
    host: 'shop.example.com',
    paths: [...paths, { path: '/lost', service: 'missing' }],
    tls: [{ hosts: ['shop.example.com'], secretName: 'tls' }],
    annotations: { 'proxy-read-timeout': '7', 'proxy-buffering': 'sometimes' },
  });

/** Generations with a change and a refusal. */
async function historyOf() {
  const history = createHistory(() => NOW);
  const { generation: first } = await render([...objects, shop(['/'])]);
  const { generation: second } = await render([...objects, shop(['/', '/cart'])]);
  history.proven({ generation: first, times: { check: 1, proof: 2 } });
  history.refused({ generation: second, failures: [{ message: '[emerg] no' }], cause: 'configuration' });
  return history;
}

async function contextOf(): Promise<Context> {
  const many = Array.from({ length: HOSTS - 1 }, (_, index) =>
    ingress({ name: `site-${index}`, host: `site-${index}.example.com` }),
  );
  const { graph } = evaluateExactly([...objects, shop(['/', '/cart']), ...many]);
  const counted = { sum: 0 };
  const totals = () => ({ all: counted.sum, hosts: new Map([['shop.example.com', (counted.sum += 10)]]) });
  return dashboardContext(graph, {
    history: await historyOf(),
    totals,
    rates: createRates(totals, () => performance.now()),
    quarantined: () => [
      {
        item: { kind: 'Ingress', key: 'default/bad' },
        object: null,
        message: '[emerg] no',
        standIn: 'confined',
        since: '2026-06-01T00:00:00Z',
      },
    ],
  });
}

async function prepare(stage: Stage) {
  const server = await serveDashboard(await contextOf());
  stage.defer(server.close);
  const browser = await startBrowser(stage.folder);
  stage.defer(() => browser.close());
  return { browser, base: `http://127.0.0.1:${server.port}` };
}

const PATHS = [
  '/',
  '/hosts',
  '/hosts?q=site-77&page=2',
  '/hosts/shop.example.com',
  '/backends',
  '/backends/default-web-80',
  '/certificates',
  '/problems',
  '/quarantine',
  '/generations',
  '/generations/2',
];

describe('the status page in a browser', () => {
  const the = useStage(prepare);

  async function open<T>(use: (opened: OpenPage & { readonly base: string }) => Promise<T>): Promise<T> {
    const { browser, base }: { readonly browser: Browser; readonly base: string } = the();
    const opened = await openPage(browser);
    try {
      return await use({ ...opened, base });
    } finally {
      await opened.page.close();
    }
  }

  for (const path of PATHS)
    it(`${path} opens without errors, asks nobody else, and can be read by all`, () =>
      open(async ({ page, faults, requests, base }) => {
        for (const scheme of ['light', 'dark']) {
          await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
          await page.goto(base + path);
          expect(await ask(page, 'weakTexts'), scheme).to.deep.equal([]);
        }
        expect(await ask(page, 'faults')).to.deep.equal([]);
        await page.setViewport({ width: 360, height: 640 });
        expect(await ask(page, 'overflow')).to.be.at.most(0);
        expect(faults).to.deep.equal([]);
        expect(requests.length).to.be.at.least(3);
        expect(requests.filter((url) => !url.startsWith(`${base}/`))).to.deep.equal([]);
      }));

  for (const path of ['/', '/hosts?q=shop', '/hosts/shop.example.com', '/generations/2'])
    it(`${path} can be used with the keyboard alone`, () =>
      open(async ({ page, base }) => {
        await page.goto(base + path);
        const controls = await ask<readonly string[]>(page, 'controls');
        const reached: string[] = [];
        for (const _ of controls) {
          await page.keyboard.press('Tab');
          const focused = await ask<{ readonly name: string; readonly isSeen: boolean } | null>(
            page,
            'focused',
          );
          expect(focused, `after ${reached.at(-1)}`).to.not.equal(null);
          expect(focused?.isSeen, focused?.name).to.equal(true);
          reached.push(focused?.name ?? '');
        }
        expect(reached).to.deep.equal(controls);
      }));

  for (const path of PATHS)
    it(`${path} has a name for whatever can be used, and landmarks`, () =>
      open(async ({ page, base }) => {
        await page.goto(base + path);
        const nodes = await treeOf(page);
        const used = nodes.filter(({ role }) =>
          ['link', 'button', 'searchbox', 'textbox', 'region', 'table'].includes(role),
        );
        expect(used.length).to.be.at.least(8);
        expect(used.filter(({ name }) => name.trim() === '')).to.deep.equal([]);
        const roles = nodes.map(({ role }) => role);
        expect(roles).to.include.members(['banner', 'navigation', 'main', 'contentinfo']);
      }));

  it('shows what a generation changes', () =>
    open(async ({ page, base }) => {
      await page.goto(`${base}/generations/2`);
      const added = await page.$$eval('.diff ins', (lines) => lines.map((line) => line.textContent ?? ''));
      expect(added.some((line) => /^\+\s+location "\/cart\/" \{\n$/.test(line))).to.equal(true);
      expect(await page.$$('.diff del')).to.deep.equal([]);
    }));

  it('searches as one types, and says what was found', () =>
    open(async ({ page, faults, base }) => {
      await page.goto(`${base}/hosts`);
      const text = (selector: string) => page.$eval(selector, ({ textContent }) => textContent ?? '');
      expect(await text('.count')).to.match(/^10,00\d paths; page 1 of 101$/);
      await page.type('#q', 'site-777');
      await eventually(async () => expect(await text('.count')).to.match(/^11 of /));
      const hosts = await page.$$eval('#results tbody th', (cells) => cells.map((cell) => cell.textContent));
      expect(hosts).to.have.length(11);
      expect(hosts.every((host) => host?.includes('site-777'))).to.equal(true);
      expect(await text('#status')).to.equal(await text('.count'));
      expect(page.url()).to.equal(`${base}/hosts?q=site-777`);
      await page.type('#q', '7');
      await eventually(async () => expect(await text('.count')).to.match(/^1 of /));
      expect(faults).to.deep.equal([]);
    }));

  it('searches without its script, too', () =>
    open(async ({ page, base }) => {
      await page.setJavaScriptEnabled(false);
      await page.goto(`${base}/hosts`);
      await page.type('#q', 'cart');
      await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
      expect(page.url()).to.equal(`${base}/hosts?q=cart`);
      expect(await page.$eval('.count', ({ textContent }) => textContent)).to.match(/^1 of /);
    }));

  it('shows requests a second anew, until they are paused', () =>
    open(async ({ page, requests, base }) => {
      // So that nobody waits for seconds.
      await page.evaluateOnNewDocument(
        '{ const later = setTimeout; setTimeout = (f, ms) => later(f, ms / 20); }',
      );
      await page.goto(base);
      await eventually(async () => {
        expect(await page.$eval('#rates', ({ textContent }) => textContent)).to.include('over the last');
      });
      const asked = () => requests.filter((url) => url === `${base}/rates`).length;
      await eventually(() => expect(asked()).to.be.at.least(3));
      await page.click('#pause');
      expect(await page.$eval('#pause', (button) => button.getAttribute('aria-pressed'))).to.equal('true');
      const before = asked();
      // One may have been on its way.
      await steadily(() => expect(asked()).to.be.at.most(before + 1), 1000);
      await page.click('#pause');
      await eventually(() => expect(asked()).to.be.at.least(before + 3));
    }));

  it('paints the list of 10,000 hosts', () =>
    open(async ({ page, base }) => {
      await page.goto(`${base}/hosts`);
      const painted = await eventually(async () => {
        const found = await page.evaluate(
          "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null",
        );
        expect(found).to.be.a('number');
        return found as number;
      });
      console.log(`      first contentful paint after ${Math.round(painted)} ms`);
      expect(painted).to.be.below(5000);
    }));
});

interface Named {
  readonly role: string;
  readonly name: string;
}

async function treeOf(page: OpenPage['page']): Promise<readonly Named[]> {
  const client = await page.createCDPSession();
  const { nodes } = await client.send('Accessibility.getFullAXTree');
  return nodes
    .filter(({ ignored }) => !ignored)
    .map(({ role, name }) => ({ role: String(role?.value ?? ''), name: String(name?.value ?? '') }));
}
