import { expect } from 'chai';
import { ingressClass } from '../harness/objects.ts';
import { site } from '../harness/sites.ts';
import type { annotations } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

type Short = Parameters<typeof annotations>[0];

const ORIGIN = 'access-control-allow-origin';
const METHODS = 'GET, PUT, POST, DELETE, PATCH, OPTIONS';
const HEADERS =
  'DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization';

describe('CORS', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web', { headers: { [ORIGIN]: 'https://backend.test' } });
    stage.write('class.yaml', ingressClass());
    const sites: Readonly<Record<string, Short>> = {
      none: {},
      all: { 'enable-cors': true },
      some: { 'enable-cors': true, 'cors-allow-origin': 'https://a.test, https://*.b.test:8443,null' },
      invalid: { 'enable-cors': true, 'cors-allow-origin': 'a.test' },
      full: {
        'enable-cors': true,
        'cors-allow-methods': 'POST, GET',
        'cors-allow-headers': 'DNT, User-Agent',
        'cors-expose-headers': 'X-One, X-Two',
        'cors-allow-credentials': false,
        'cors-max-age': 200,
      },
      forced: { 'enable-cors': true, 'force-ssl-redirect': true },
      closed: { 'enable-cors': true, 'allowlist-source-range': '10.0.0.0/8' },
    };
    for (const [name, short] of Object.entries(sites))
      stage.write(`${name}.yaml`, ...site(name, { places: [web], with: short }));
    stage.write('down.yaml', ...site('down', { places: [], with: { 'enable-cors': true } }));
    return { program: await stage.start({ flags: ['--sync-rate-limit=20'] }) };
  });

  const rows: readonly (readonly [host: string, origin: string | null, allowed: string | undefined])[] = [
    ['none', 'https://a.test', 'https://backend.test'],
    ['all', null, '*'],
    ['all', 'https://a.test', '*'],
    ['some', 'https://a.test', 'https://a.test'],
    ['some', 'HTTPS://A.test', 'HTTPS://A.test'],
    ['some', 'https://x.b.test:8443', 'https://x.b.test:8443'],
    ['some', 'null', 'null'],
    ['some', 'https://x.b.test', 'https://backend.test'],
    ['some', 'https://x.y.b.test:8443', 'https://backend.test'],
    ['some', 'https://evil.test/https://a.test', 'https://backend.test'],
    ['some', 'xhttps://a.test', 'https://backend.test'],
    ['some', 'https://axtest', 'https://backend.test'],
    ['some', null, 'https://backend.test'],
    ['invalid', 'https://a.test', 'https://backend.test'],
    ['down', 'https://a.test', '*'],
  ];
  for (const [host, origin, allowed] of rows) {
    it(`${host}: ${origin ?? 'no origin'} gets ${allowed}`, async () => {
      const headers = origin === null ? {} : { origin };
      const answer = await the().program.http(`${host}.test`, '/', { headers });
      expect(answer.headers[ORIGIN]).to.equal(allowed);
    });
  }

  it('sends all headers', async () => {
    const { headers } = await the().program.http('all.test', '/');
    expect(headers).to.include({
      [ORIGIN]: '*',
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': METHODS,
      'access-control-allow-headers': HEADERS,
      'access-control-max-age': '1728000',
    });
    expect(headers).not.to.have.property('access-control-expose-headers');
  });

  it('sends those of the annotations', async () => {
    const { headers } = await the().program.http('full.test', '/');
    expect(headers).to.include({
      'access-control-allow-methods': 'POST, GET',
      'access-control-allow-headers': 'DNT, User-Agent',
      'access-control-expose-headers': 'X-One, X-Two',
      'access-control-max-age': '200',
    });
    expect(headers).not.to.have.property('access-control-allow-credentials');
  });

  for (const host of ['all', 'forced', 'closed', 'down']) {
    it(`${host}: answers OPTIONS itself`, async () => {
      const answer = await the().program.http(`${host}.test`, '/', {
        method: 'OPTIONS',
        headers: { origin: 'https://a.test' },
      });
      expect(answer.status).to.equal(204);
      expect(answer.headers[ORIGIN]).to.equal('*');
    });
  }

  it('passes OPTIONS of others on', async () => {
    const headers = { origin: 'https://other.test' };
    const answer = await the().program.http('some.test', '/', { method: 'OPTIONS', headers });
    expect(answer.echo().method).to.equal('OPTIONS');
  });
});
