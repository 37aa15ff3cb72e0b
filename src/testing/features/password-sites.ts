/** Hosts that ask for passwords in all ways that there are. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startDns } from '../harness/dns.ts';
import { configMap, endpoints, ingress, ingressClass, secret, service } from '../harness/objects.ts';
import { hashes, userFile } from '../harness/passwords.ts';
import { annotations, site } from '../harness/sites.ts';
import type { Stage } from '../harness/stage.ts';

type Short = Parameters<typeof annotations>[0];

/** Lets those in whose header X-Pass says yes; anything else in it is a status. */
async function startService(stage: Stage) {
  const address = stage.address();
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    const word = request.headers['x-pass'] ?? '401';
    response.writeHead(word === 'yes' ? 200 : Number(word)).end();
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  stage.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const dns = await startDns(stage.address());
  stage.defer(dns.close);
  dns.set('auth.example', { type: 'A', value: address });
  const resolv = join(stage.folder, 'resolv.conf');
  writeFileSync(resolv, `nameserver ${dns.address}\n`);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${address}:${port}/verify`,
    urlByName: `http://auth.example:${port}/verify`,
    asked: () => asked,
    env: { TIDEGATE_RESOLV_CONF: resolv },
  };
}

interface Urls {
  readonly url: string;
  readonly urlByName: string;
}

const users: Short = { 'auth-type': 'basic', 'auth-secret': 'users' };
const here = { 'allowlist-source-range': '127.0.0.1' };
const elsewhere = { 'allowlist-source-range': '192.0.2.1' };

function sitesWith({ url, urlByName }: Urls): Readonly<Record<string, Short>> {
  return {
    plain: users,
    realm: { ...users, 'auth-realm': 'Members only: /a~b.c' },
    off: { ...users, 'auth-realm': 'off' },
    qualified: { ...users, 'auth-secret': 'default/users' },
    map: { 'auth-type': 'basic', 'auth-secret': 'map', 'auth-secret-type': 'auth-map' },
    'map-as-file': { 'auth-type': 'basic', 'auth-secret': 'map' },
    'file-as-map': { ...users, 'auth-secret-type': 'auth-map' },
    empty: { 'auth-type': 'basic', 'auth-secret': 'empty' },
    useless: { 'auth-type': 'basic', 'auth-secret': 'useless' },
    missing: { 'auth-type': 'basic', 'auth-secret': 'missing' },
    unnamed: { 'auth-type': 'basic' },
    deep: { 'auth-type': 'basic', 'auth-secret': 'a/b/c' },
    foreign: { 'auth-type': 'basic', 'auth-secret': 'other/users' },
    untyped: { 'auth-secret': 'missing' },
    'missing-but-here': { 'auth-type': 'basic', 'auth-secret': 'missing', satisfy: 'any', ...here },
    'any-here': { ...users, satisfy: 'any', ...here },
    'any-elsewhere': { ...users, satisfy: 'any', ...elsewhere },
    'all-here': { ...users, satisfy: 'all', ...here },
    'all-elsewhere': { ...users, satisfy: 'all', ...elsewhere },
    both: { ...users, 'auth-url': url },
    'any-of-both': { ...users, 'auth-url': url, satisfy: 'any' },
    'both-by-name': { ...users, 'auth-url': urlByName },
    'any-by-name': { ...users, 'auth-url': urlByName, satisfy: 'any' },
    changed: { 'auth-type': 'basic', 'auth-secret': 'changing' },
    cors: { ...users, 'enable-cors': true },
    moved: { ...users, 'permanent-redirect': 'https://elsewhere.test/' },
    https: { ...users, 'force-ssl-redirect': true },
    grpc: { ...users, 'backend-protocol': 'GRPC' },
    fcgi: { ...users, 'backend-protocol': 'FCGI' },
  };
}

export async function openPasswordSites(stage: Stage) {
  const web = await stage.backend('web');
  const auth = await startService(stage);
  stage.write('class.yaml', ingressClass(), configMap('settings', { 'worker-processes': '1' }));
  stage.write('changing.yaml', secret('changing', { auth: userFile({ anna: '{PLAIN}old' }) }));
  stage.write('users.yaml', secret('users', { auth: `# comment\n\n${userFile(hashes)}` }));
  stage.write(
    'secrets.yaml',
    secret('map', { anna: `${hashes['sha512']}\n`, 'bert.b': hashes['plain'] ?? '' }),
    secret('empty', { auth: '' }),
    secret('useless', { auth: 'anna:secret\nnothing\n' }),
    secret('users', { auth: userFile(hashes) }, { namespace: 'other' }),
  );
  for (const [name, short] of Object.entries(sitesWith(auth)))
    stage.write(`${name}.yaml`, ...site(name, { places: [web], with: short }));
  const acme = '/.well-known/acme-challenge/x';
  stage.write('acme.yaml', ...site('acme', { places: [web], path: acme, with: users }));
  stage.write(
    'own.yaml',
    service('own', {}, { namespace: 'other' }),
    ...endpoints('own', [web], { namespace: 'other' }),
    ingress('own', {
      namespace: 'other',
      annotations: annotations(users),
      rules: { 'own.test': 'own' },
    }),
  );
  const inner: Readonly<Record<string, Short>> = {
    asked: { 'auth-url': auth.urlByName },
    list: { 'auth-type': 'basic', 'auth-secret': 'map', 'auth-secret-type': 'auth-map' },
    both: { ...users, 'auth-url': auth.urlByName },
    free: {},
  };
  for (const [name, short] of Object.entries(inner)) {
    const way = await stage.backend('way', { headers: { 'x-accel-redirect': `/${name}` } });
    const own = { 'auth-url': auth.urlByName, satisfy: 'any' };
    stage.write(
      `shared-${name}.yaml`,
      ...site(`to-${name}`, {
        host: 'shared.test',
        path: `/to-${name}`,
        places: [way],
        with: { ...users, ...own },
      }),
      ...site(`shared-${name}`, { host: 'shared.test', path: `/${name}`, places: [web], with: short }),
    );
  }
  const flags = ['--configmap=default/settings', '--sync-rate-limit=20'];
  return { web, auth, program: await stage.start({ flags, env: auth.env }) };
}
