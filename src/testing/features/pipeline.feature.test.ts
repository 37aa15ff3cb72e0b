/** The order of the stages that a request goes through (compat/behaviour.md section 17): of two that want it, which answers. */
import { expect } from 'chai';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Backend } from '../harness/backend.ts';
import { configMap, ingressClass } from '../harness/objects.ts';
import { site } from '../harness/sites.ts';
import type { annotations } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';

type Short = Parameters<typeof annotations>[0];
type Headers = Readonly<Record<string, string>>;

/** What stages want, by what their answers show: each has a status, or a Location, of its own. */
const stages = {
  appRoot: { 'app-root': '/app' },
  denied: { 'denylist-source-range': 'nonsense' },
  preflight: { 'enable-cors': true },
  permanent: { 'permanent-redirect': 'https://permanent.test' },
  temporal: { 'temporal-redirect': 'https://temporal.test' },
  relative: { 'permanent-redirect': '/relative', 'permanent-redirect-code': 308 },
  https: { 'force-ssl-redirect': true },
  /** One request a minute and one more at once; then 429. */
  limit: { 'limit-rpm': 1, 'limit-burst-multiplier': 1 },
  closed: { 'allowlist-source-range': '10.0.0.0/8' },
  open: { 'allowlist-source-range': '127.0.0.1' },
  /** Replaced by the address of a service that lets in whom it knows. */
  auth: { 'auth-url': 'http://127.0.0.1/verify' },
  any: { satisfy: 'any' },
  all: { satisfy: 'all' },
} satisfies Readonly<Record<string, Short>>;

type Wish = keyof typeof stages | 'down';

interface Row {
  readonly wishes: readonly Wish[];
  /** `STATUS` or `STATUS LOCATION`; several: of so many requests, one after the other. */
  readonly gets: string | readonly string[];
  readonly method?: string;
  readonly headers?: Headers;
  readonly over?: 'http' | 'https';
  /** How often the authentication service is asked. */
  readonly checks?: number;
}

const BAD_AGENT = { 'user-agent': 'BadBot' };
const BAD_REFERER = { referer: 'http://evil.test/' };
const KNOWN = { authorization: 'good' };
const OPTIONS = { method: 'OPTIONS', headers: { origin: 'https://a.test' } };
const APP = '302 http://HOST/app';
const PERMANENT = '301 https://permanent.test';
const TEMPORAL = '302 https://temporal.test';
const RELATIVE = '308 http://HOST/relative';
const HTTPS = '308 https://HOST';

const groups: Readonly<Record<string, readonly Row[]>> = {
  'blocked agents and referers come before': [
    { wishes: ['appRoot'], headers: BAD_AGENT, gets: '403' },
    { wishes: ['denied'], headers: BAD_AGENT, gets: '403' },
    { wishes: ['denied'], headers: BAD_REFERER, gets: '403' },
    { wishes: ['preflight'], method: 'OPTIONS', headers: BAD_AGENT, gets: '403' },
    { wishes: ['permanent'], headers: BAD_REFERER, gets: '403' },
    { wishes: ['https'], headers: BAD_AGENT, gets: '403' },
    { wishes: ['down'], headers: BAD_REFERER, gets: '403' },
    { wishes: ['limit'], headers: BAD_AGENT, gets: ['403', '403', '403', '403'] },
    { wishes: ['auth'], headers: { ...BAD_AGENT, ...KNOWN }, gets: '403' },
  ],
  'app-root comes before': [
    { wishes: ['appRoot', 'denied'], gets: APP },
    { wishes: ['appRoot', 'preflight'], ...OPTIONS, gets: APP },
    { wishes: ['appRoot', 'permanent'], gets: APP },
    { wishes: ['appRoot', 'https'], gets: APP },
    { wishes: ['appRoot', 'down'], gets: APP },
    { wishes: ['appRoot', 'limit'], gets: [APP, APP, APP, APP] },
    { wishes: ['appRoot', 'closed'], gets: APP },
    { wishes: ['appRoot', 'auth'], gets: APP },
  ],
  'an Ingress that is denied comes before': [
    { wishes: ['denied', 'preflight'], ...OPTIONS, gets: '503' },
    { wishes: ['denied', 'permanent'], gets: '503' },
    { wishes: ['denied', 'https'], gets: '503' },
    { wishes: ['denied', 'limit'], gets: ['503', '503', '503', '503'] },
    { wishes: ['denied', 'closed'], gets: '503' },
    { wishes: ['denied', 'auth'], gets: '503' },
  ],
  'a preflight comes before': [
    { wishes: ['preflight', 'permanent'], ...OPTIONS, gets: '204' },
    { wishes: ['preflight', 'temporal'], ...OPTIONS, gets: '204' },
    { wishes: ['preflight', 'https'], ...OPTIONS, gets: '204' },
    { wishes: ['preflight', 'down'], ...OPTIONS, gets: '204' },
    { wishes: ['preflight', 'limit'], ...OPTIONS, gets: ['204', '204', '204', '204'] },
    { wishes: ['preflight', 'closed'], ...OPTIONS, gets: '204' },
    { wishes: ['preflight', 'auth'], ...OPTIONS, gets: '204' },
  ],
  'what is no preflight goes on to': [
    { wishes: ['preflight', 'permanent', 'https'], gets: PERMANENT },
    { wishes: ['preflight', 'temporal', 'closed'], gets: TEMPORAL },
    { wishes: ['preflight', 'permanent', 'limit'], gets: [PERMANENT, PERMANENT, PERMANENT, PERMANENT] },
    { wishes: ['preflight', 'permanent', 'down', 'auth'], gets: PERMANENT },
    { wishes: ['preflight', 'relative'], gets: RELATIVE },
    { wishes: ['preflight', 'https'], gets: HTTPS },
    { wishes: ['preflight', 'auth'], gets: '401', checks: 1 },
  ],
  'permanent-redirect and temporal-redirect come before': [
    { wishes: ['permanent', 'temporal'], gets: TEMPORAL },
    { wishes: ['relative'], gets: RELATIVE },
    { wishes: ['permanent', 'https'], gets: PERMANENT },
    { wishes: ['permanent', 'down'], gets: PERMANENT },
    { wishes: ['permanent', 'limit'], gets: [PERMANENT, PERMANENT, PERMANENT, PERMANENT] },
    { wishes: ['permanent', 'closed'], gets: PERMANENT },
    { wishes: ['permanent', 'auth'], gets: PERMANENT },
    { wishes: ['temporal', 'https'], gets: TEMPORAL },
    { wishes: ['temporal', 'closed'], gets: TEMPORAL },
    { wishes: ['temporal', 'auth'], gets: TEMPORAL },
  ],
  'the redirect to HTTPS comes before': [
    { wishes: ['https', 'down'], gets: HTTPS },
    { wishes: ['https', 'limit'], gets: [HTTPS, HTTPS, HTTPS, HTTPS] },
    { wishes: ['https', 'closed'], gets: HTTPS },
    { wishes: ['https', 'auth'], gets: HTTPS },
  ],
  'requests over HTTPS go on to': [
    { wishes: ['https', 'down'], over: 'https', gets: '503' },
    { wishes: ['https', 'limit'], over: 'https', gets: ['200', '200', '429', '429'] },
    { wishes: ['https', 'closed'], over: 'https', gets: '403' },
    { wishes: ['https', 'auth'], over: 'https', gets: '401', checks: 1 },
  ],
  'a backend without endpoints comes before': [
    { wishes: ['down', 'limit'], gets: ['503', '503', '503', '503'] },
    { wishes: ['down', 'closed'], gets: '503' },
    { wishes: ['down', 'auth'], gets: '503' },
  ],
  'limits count also': [
    { wishes: ['limit'], gets: ['200', '200', '429', '429'] },
    { wishes: ['limit', 'closed'], gets: ['403', '403', '429', '429'] },
    { wishes: ['limit', 'auth'], gets: ['401', '401', '429', '429'], checks: 2 },
  ],
  'lists come before authentication': [
    { wishes: ['closed', 'auth'], gets: '403' },
    { wishes: ['open', 'auth'], gets: '401', checks: 1 },
  ],
  'with satisfy all both must agree': [
    { wishes: ['all', 'closed', 'auth'], headers: KNOWN, gets: '403' },
    { wishes: ['all', 'open', 'auth'], gets: '401', checks: 1 },
    { wishes: ['all', 'open', 'auth'], headers: KNOWN, gets: '200', checks: 1 },
  ],
  'with satisfy any one is enough': [
    { wishes: ['any', 'closed', 'auth'], gets: '401', checks: 1 },
    { wishes: ['any', 'closed', 'auth'], headers: KNOWN, gets: '200', checks: 1 },
    { wishes: ['any', 'open', 'auth'], gets: '200' },
  ],
};

const hostOf = (row: Row, index: number, group: number): string =>
  `${row.wishes.join('-')}-${group}-${index}.test`.toLowerCase();

async function startService(stage: Stage) {
  let asked = 0;
  const server = createServer((request, response) => {
    asked++;
    response.writeHead(request.headers.authorization === 'good' ? 200 : 401).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stage.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked: () => asked, port: (server.address() as AddressInfo).port };
}

describe('the order of stages', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const auth = await startService(stage);
    const settings = configMap('settings', {
      'block-user-agents': 'BadBot',
      'block-referers': '~evil\\.test',
      'limit-req-status-code': '429',
    });
    const sites = Object.values(groups).flatMap((rows, group) =>
      rows.flatMap((row, index) => siteOf(row, hostOf(row, index, group), { web, port: auth.port })),
    );
    stage.write('sites.yaml', ingressClass(), settings, ...sites);
    return { web, auth, program: await stage.start({ flags: ['--configmap=default/settings'] }) };
  });

  function siteOf(
    { wishes }: Row,
    host: string,
    { web, port }: { readonly web: Backend; readonly port: number },
  ): readonly object[] {
    const short: Short = Object.assign({}, ...wishes.map((wish) => (wish === 'down' ? {} : stages[wish])));
    const url = wishes.includes('auth') ? { 'auth-url': `http://127.0.0.1:${port}/verify` } : {};
    const places = wishes.includes('down') ? [] : [web];
    return site(host.replace('.test', ''), { places, with: { ...short, ...url } });
  }

  async function ask({ method = 'GET', headers = {}, over = 'http' }: Row, host: string): Promise<string> {
    const answer = await the().program[over](host, '/', { method, headers });
    const { location } = answer.headers;
    return location === undefined ? String(answer.status) : `${answer.status} ${location}`;
  }

  for (const [group, [what, rows]] of Object.entries(groups).entries()) {
    describe(what, () => {
      for (const [index, row] of rows.entries()) {
        const host = hostOf(row, index, group);
        const wanted = [row.gets].flat().map((answer) => answer.replace('HOST', host));
        const shown = [row.over ?? [], row.method ?? [], Object.values(row.headers ?? {})].flat(2).join(' ');
        it(`${row.wishes.join(' + ')}: ${shown} ${[row.gets].flat().join(', ')}`, async () => {
          const { web, auth } = the();
          const before = { reached: web.requests(), asked: auth.asked() };
          const found: string[] = [];
          for (let count = 0; count < wanted.length; count++) found.push(await ask(row, host));
          expect(found).to.deep.equal(wanted);
          expect(auth.asked() - before.asked, 'questions to the service').to.equal(row.checks ?? 0);
          const reached = wanted.filter((answer) => answer === '200').length;
          expect(web.requests() - before.reached, 'requests to the backend').to.equal(reached);
        });
      }
    });
  }
});
