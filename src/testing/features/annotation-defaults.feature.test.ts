/** What an Ingress says against what the ConfigMap says for all, where proxying has no part in it. */
import { expect } from 'chai';
import { connect as connectTls } from 'node:tls';
import { makePair } from '../harness/certificates.ts';
import { openRaw } from '../harness/client.ts';
import { configMap, endpoints, ingress, ingressClass, service, tlsSecret } from '../harness/objects.ts';
import { annotations, site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

type Short = Parameters<typeof annotations>[0];

const AES128 = 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256';
const AES256 = 'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384';

const settings = {
  'ssl-redirect': 'false',
  'force-ssl-redirect': 'true',
  'use-port-in-redirects': 'true',
  'preserve-trailing-slash': 'true',
  'relative-redirects': 'true',
  'service-upstream': 'true',
  'load-balance': 'ewma',
  'ssl-ciphers': AES256,
  'custom-http-errors': '404',
};
const open = { 'force-ssl-redirect': false };

const sites: Readonly<Record<string, Short>> = {
  usual: {},
  empty: { 'force-ssl-redirect': '', 'use-port-in-redirects': '', 'preserve-trailing-slash': '' },
  open,
  portless: { 'use-port-in-redirects': false },
  slashless: { 'preserve-trailing-slash': false },
  ciphers: { ...open, 'ssl-ciphers': AES128 },
  balanced: { ...open, 'load-balance': 'round_robin' },
  'own-codes': { ...open, 'custom-http-errors': '418' },
  signin: { ...open, 'auth-url': 'AUTH', 'auth-signin': 'https://login.test/' },
  closing: { ...open, 'connection-proxy-header': 'close' },
};

describe('annotations and the ConfigMap', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const cluster = await stage.backend('cluster');
    const pages = await stage.backend('pages');
    const auth = `http://127.0.0.1:${(await stage.backend('auth')).port}/`;
    stage.write('class.yaml', ingressClass(), configMap('settings', settings));
    stage.write('pages.yaml', service('pages'), ...endpoints('pages', [pages]));
    for (const [name, short] of Object.entries(sites)) {
      const filled = Object.entries(short).map(([key, value]) => [key, value === 'AUTH' ? auth : value]);
      stage.write(
        `${name}.yaml`,
        ...site(name, { places: [web], with: Object.fromEntries(filled) as Short }),
      );
    }
    const folder = (name: string, short: Short) =>
      stage.write(
        `${name}.yaml`,
        ...site(name, { places: [web], path: '/dir/', with: { ...open, ...short } }),
      );
    folder('relative', {});
    folder('absolute', { 'relative-redirects': false });
    const reached = (name: string, short: Short) =>
      stage.write(
        `${name}.yaml`,
        service(name, { clusterIP: cluster.address, ports: [{ name: 'http', port: cluster.port }] }),
        ...endpoints(name, [web]),
        ingress(name, {
          rules: { [`${name}.test`]: [{ to: `${name}:${cluster.port}` }] },
          annotations: annotations({ ...open, ...short }),
        }),
      );
    reached('cluster-ip', {});
    reached('endpoints', { 'service-upstream': false });
    reached('unsure', { 'service-upstream': 'perhaps' });
    stage.write('tls.yaml', tlsSecret('pair', await makePair('tls.test', 'tls-own.test')));
    for (const [name, short] of Object.entries({ tls: {}, 'tls-own': { 'ssl-redirect': true } })) {
      const tls = [{ hosts: [`${name}.test`], secretName: 'pair' }];
      stage.write(`${name}-site.yaml`, ...site(name, { places: [web], tls, with: { ...open, ...short } }));
    }
    const flags = [
      '--configmap=default/settings',
      '--default-backend-service=default/pages',
      '--sync-rate-limit=20',
    ];
    return { program: await stage.start({ flags }) };
  });

  const rows: readonly (readonly [host: string, path: string, status: number, location?: string])[] = [
    ['usual', '/a/', 308, 'https://usual.test:PORT/a/'],
    ['empty', '/a/', 308, 'https://empty.test:PORT/a/'],
    ['open', '/a/', 200],
    ['portless', '/a/', 308, 'https://portless.test/a/'],
    ['slashless', '/a/', 308, 'https://slashless.test:PORT/a'],
    ['tls', '/', 200],
    ['tls-own', '/a', 308, 'https://tls-own.test:PORT/a'],
    ['relative', '/dir', 301, '/dir/'],
    // What is off for an Ingress does not undo it.
    ['absolute', '/dir', 301, '/dir/'],
  ];
  for (const [host, path, status, location] of rows) {
    it(`${host}.test${path} gets ${status} ${location ?? ''}`, async () => {
      const { program } = the();
      const answer = await program.http(`${host}.test`, path);
      expect(answer.status, answer.text).to.equal(status);
      expect(answer.headers.location).to.equal(location?.replace('PORT', String(program.ports.https)));
    });
  }

  for (const [host, backend] of [
    ['cluster-ip', 'cluster'],
    ['endpoints', 'web'],
    // A bad value counts as false, not as that of the ConfigMap.
    ['unsure', 'web'],
  ] as const) {
    it(`service-upstream, ${host}.test: ${backend} answers`, async () => {
      expect((await the().program.http(`${host}.test`, '/')).echo().backend).to.equal(backend);
    });
  }

  it('backends have the text that scripts look for, key after key', async () => {
    const { program } = the();
    const text = await (
      await fetch(`http://127.0.0.1:${program.ports.status}/configuration/backends`)
    ).text();
    const each = String.raw`\{"name":"[^"]+","port":\d+,"endpoints":\[(?:\{"address":"[^"]+","port":"\d+"\},?)*\],"load-balance":"\w+"\}`;
    expect(text).to.match(new RegExp(`^\\[${each}(?:,${each})+\\]$`));
  });

  it('load-balance of an Ingress is that of its Service', async () => {
    const { program } = the();
    const answer = await fetch(`http://127.0.0.1:${program.ports.status}/configuration/backends`);
    const list = (await answer.json()) as readonly Readonly<Record<string, unknown>>[];
    const ways = Object.fromEntries(list.map((one) => [one['name'], one['load-balance']]));
    expect(ways).to.include({ 'default-usual-80': 'ewma', 'default-balanced-80': 'round_robin' });
  });

  for (const [host, code] of [
    ['open', '404'],
    // A page of its own, that of 401, takes the place of the whole list.
    ['signin', undefined],
    ['own-codes', undefined],
  ] as const) {
    it(`custom-http-errors, ${host}.test: a 404 of the backend is ${code === undefined ? 'its own' : 'replaced'}`, async () => {
      const answer = await the().program.http(`${host}.test`, '/?status=404');
      const { backend, headers } = JSON.parse(answer.text) as {
        readonly backend: string;
        readonly headers: Readonly<Record<string, string>>;
      };
      expect(backend).to.equal(code === undefined ? 'web' : 'pages');
      expect(headers['x-code']).to.equal(code);
    });
  }

  for (const [host, offered, agreed] of [
    ['usual', AES256, true],
    ['usual', AES128, false],
    ['ciphers', AES128, true],
    ['ciphers', AES256, false],
  ] as const) {
    it(`ssl-ciphers, ${host}.test: a client with ${offered.slice(12, 18)} alone ${agreed ? 'comes in' : 'does not'}`, async () => {
      const found = await new Promise<boolean>((resolve) => {
        const socket = connectTls({
          port: the().program.ports.https,
          host: '127.0.0.1',
          servername: `${host}.test`,
          ciphers: offered,
          maxVersion: 'TLSv1.2',
          rejectUnauthorized: false,
        });
        const end = (is: boolean) => {
          socket.destroy();
          resolve(is);
        };
        socket.once('secureConnect', () => end(true)).once('error', () => end(false));
      });
      expect(found).to.equal(agreed);
    });
  }

  for (const [host, status] of [
    ['open', 101],
    ['closing', 200],
  ] as const) {
    it(`connection-proxy-header, ${host}.test: a websocket gets ${status}`, async () => {
      const connection = await openRaw(the().program.ports.http);
      connection.write(
        `GET / HTTP/1.1\r\nHost: ${host}.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      );
      const text = await connection.read(/\r\n\r\n/);
      connection.close();
      expect(text).to.match(new RegExp(`^HTTP/1\\.1 ${status} `));
    });
  }
});
