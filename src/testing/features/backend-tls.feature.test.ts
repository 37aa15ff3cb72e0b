import { join } from 'node:path';
import { connect } from 'node:http2';
import { expect } from 'chai';
import { configMap, endpoints, ingress, ingressClass, service } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { annotations, site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';
import { startTlsBackend, startGrpcsBackend } from '../harness/tls-backend.ts';
import type { Seen } from '../harness/tls-backend.ts';
import { INNER, makePeople, secretsOf, verified } from './inner-tls.ts';
import type { Short } from './inner-tls.ts';

async function writeSites(stage: Stage) {
  const people = await makePeople();
  const { server, deep } = people;
  const places = {
    usual: await startTlsBackend(stage, server),
    deep: await startTlsBackend(stage, deep),
    newest: await startTlsBackend(stage, server, { minVersion: 'TLSv1.3' }),
    picky: await startTlsBackend(stage, server, {
      maxVersion: 'TLSv1.2',
      ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384',
    }),
    grpcs: await startGrpcsBackend(stage, server),
  };
  const https = { 'backend-protocol': 'HTTPS' };
  const sites: readonly (readonly [string, keyof typeof places, Short])[] = [
    ['plain', 'usual', {}],
    ['shown', 'usual', { 'proxy-ssl-secret': 'default/both' }],
    ['verified', 'usual', verified('ours')],
    ['verified-shown', 'usual', verified('both')],
    ['auto', 'usual', verified('both', { 'backend-protocol': 'AUTO_HTTP' })],
    ['wrong-authority', 'usual', verified('theirs')],
    ['wrong-name', 'usual', verified('ours', { 'proxy-ssl-name': 'other.test' })],
    ['no-name', 'usual', { 'proxy-ssl-secret': 'default/ours', 'proxy-ssl-verify': 'on' }],
    ['bad-name', 'usual', verified('ours', { 'proxy-ssl-name': '$http_x' })],
    ['told', 'usual', verified('ours', { 'proxy-ssl-server-name': 'on' })],
    [
      'told-host',
      'usual',
      { 'proxy-ssl-secret': 'default/ours', 'proxy-ssl-name': '$host', 'proxy-ssl-server-name': 'on' },
    ],
    ['told-usual', 'usual', { 'proxy-ssl-secret': 'default/ours', 'proxy-ssl-server-name': 'on' }],
    ['shallow', 'deep', verified('ours')],
    ['zero', 'deep', verified('ours', { 'proxy-ssl-verify-depth': '0' })],
    ['deep', 'deep', verified('ours', { 'proxy-ssl-verify-depth': '2' })],
    ['older', 'newest', verified('ours')],
    ['newest', 'newest', verified('ours', { 'proxy-ssl-protocols': 'TLSv1.3 TLSv1.2' })],
    ['ciphers', 'picky', verified('ours', { 'proxy-ssl-ciphers': 'ECDHE-ECDSA-AES256-GCM-SHA384' })],
    ['other-ciphers', 'picky', verified('ours', { 'proxy-ssl-ciphers': 'ECDHE-ECDSA-AES128-GCM-SHA256' })],
    ['bad-values', 'usual', { 'proxy-ssl-secret': 'default/ours', 'proxy-ssl-verify': 'maybe' }],
    ['only-pair', 'usual', { 'proxy-ssl-secret': 'default/pair' }],
    ['only-pair-verified', 'usual', verified('pair')],
    ['missing', 'usual', verified('nobody')],
    ['garbage', 'usual', verified('garbage')],
    ['mixed', 'usual', verified('mixed')],
    ['bare', 'usual', { 'proxy-ssl-secret': 'ours' }],
    ['foreign', 'usual', { 'proxy-ssl-secret': 'elsewhere/far' }],
    ['idle', 'usual', { 'proxy-ssl-verify': 'on', 'proxy-ssl-name': 'other.test' }],
    ['grpcs', 'grpcs', verified('both', { 'backend-protocol': 'GRPCS' })],
    ['grpcs-wrong', 'grpcs', verified('theirs', { 'backend-protocol': 'GRPCS' })],
  ];
  stage.write('class.yaml', ingressClass(), ...secretsOf(people));
  for (const [name, place, short] of sites)
    stage.write(`${name}.yaml`, ...site(name, { places: [places[place]], with: { ...https, ...short } }));
  const inheriting = (name: string, path: string, meta: { readonly namespace?: string } = {}) => [
    service(name, {}, meta),
    ...endpoints(name, [places.usual], meta),
    ingress(name, {
      ...meta,
      annotations: annotations(https),
      rules: { 'verified-shown.test': [{ path, to: name }], 'wrong-authority.test': [{ path, to: name }] },
    }),
  ];
  const elsewhere = { namespace: 'elsewhere' };
  stage.write('heir.yaml', ...inheriting('heir', '/heir'));
  stage.write('stranger.yaml', ...inheriting('stranger', '/stranger', elsewhere));
  const authentication = await startTlsBackend(stage, server);
  const asking = (name: string, meta: { readonly namespace?: string }) =>
    ingress(name, {
      ...meta,
      annotations: annotations({ 'auth-url': `https://127.0.0.1:${authentication.port}/` }),
      rules: {
        'verified-shown.test': [{ path: `/${name}`, to: meta.namespace === undefined ? 'heir' : 'stranger' }],
      },
    });
  stage.write('asking.yaml', asking('asking', {}), asking('asking-stranger', elsewhere));
  stage.write(
    'orphan.yaml',
    ingress('orphan', {
      annotations: annotations(https),
      rules: { 'missing.test': [{ path: '/orphan', to: 'heir' }] },
    }),
  );
  return { ...people, authentication };
}

/** `subject` is the one of the certificate that the endpoint was shown; null when it was shown none. */
const answers: readonly (readonly [host: string, status: number, seen?: Partial<Seen>])[] = [
  ['plain', 200, { subject: null, servername: false }],
  ['shown', 200, { subject: 'proxy', servername: false }],
  ['verified', 200, { subject: null }],
  ['verified-shown', 200, { subject: 'proxy' }],
  ['wrong-authority', 502],
  ['wrong-name', 502],
  ['no-name', 502],
  ['bad-name', 502],
  ['told', 200, { servername: INNER }],
  ['told-host', 200, { servername: 'told-host.test' }],
  ['told-usual', 200, { servername: 'upstream_balancer' }],
  ['shallow', 502],
  ['zero', 502],
  ['deep', 200],
  ['older', 502],
  ['newest', 200],
  ['ciphers', 200],
  ['other-ciphers', 502],
  ['bad-values', 200],
  ['only-pair', 200, { subject: null }],
  ['only-pair-verified', 503],
  ['missing', 503],
  ['garbage', 503],
  ['mixed', 503],
  ['bare', 503],
  ['foreign', 503],
  ['idle', 200],
];

const told: readonly (readonly [host: string, RegExp])[] = [
  ['no-name', /backend-tls-invalid.*upstream_balancer/],
  ['only-pair', /backend-tls-invalid.*not shown to endpoints/],
  ['only-pair-verified', /backend-tls-invalid.*no \\"ca.crt\\", which proxy-ssl-verify needs/],
  ['missing', /backend-tls-invalid.*does not exist; all paths of the Ingress answer 503/],
  ['bare', /backend-tls-invalid.*write \\"namespace\/name\\"/],
  ['foreign', /backend-tls-invalid.*another namespace/],
];

describe('TLS with endpoints', () => {
  const the = useStage(async (stage) => {
    const people = await writeSites(stage);
    stage.write('settings.yaml', configMap('settings', { 'worker-processes': '1' }));
    return { ...people, program: await stage.start({ flags: ['--configmap=default/settings'] }) };
  });
  const seenBy = async (host: string, path = '/') => {
    const answer = await the().program.http(`${host}.test`, path);
    return { status: answer.status, seen: answer.status === 200 ? (JSON.parse(answer.text) as Seen) : null };
  };

  for (const [host, status, seen] of answers) {
    it(`${host}.test answers ${status}`, async () => {
      const answer = await seenBy(host);
      expect(answer.status).to.equal(status);
      if (seen !== undefined) expect(answer.seen).to.include(seen);
    });
  }

  for (const [host, pattern] of told) {
    it(`the owner of ${host}.test is told`, async () => {
      const lines = the()
        .program.logLines()
        .filter((line) => line.includes(`default/${host}"`));
      expect(lines.join('\n')).to.match(pattern);
    });
  }

  it('AUTO_HTTP shows the certificate where the client speaks TLS', async () => {
    const answer = await the().program.https('auto.test', '/');
    expect(JSON.parse(answer.text)).to.include({ subject: 'proxy' });
  });

  it('holds for other paths of the host in the same namespace, and for no others', async () => {
    expect((await seenBy('verified-shown', '/heir')).seen).to.include({ subject: 'proxy' });
    expect((await seenBy('verified-shown', '/stranger')).seen).to.include({
      subject: null,
      servername: false,
    });
    expect((await seenBy('wrong-authority', '/heir')).status).to.equal(502);
    expect((await seenBy('wrong-authority', '/stranger')).status).to.equal(200);
  });

  it('so it does for their authentication services', async () => {
    const { program, authentication } = the();
    for (const [path, subject] of [
      ['/asking', 'proxy'],
      ['/asking-stranger', null],
    ] as const) {
      const before = authentication.requests();
      await program.http('verified-shown.test', path);
      expect([authentication.requests(), authentication.last()?.subject]).to.deep.equal([
        before + 1,
        subject,
      ]);
    }
  });

  it('what cannot be used closes these paths, too', async () => {
    expect((await seenBy('missing', '/orphan')).status).to.equal(503);
  });

  it('a connection that is kept serves none that speak TLS in another way', async () => {
    for (let round = 0; round < 3; round++) {
      expect((await seenBy('shown')).seen).to.include({ subject: 'proxy' });
      expect((await seenBy('plain')).seen).to.include({ subject: null });
      expect((await seenBy('verified')).seen).to.include({ subject: null });
      expect((await seenBy('wrong-authority')).status).to.equal(502);
      expect((await seenBy('wrong-name')).status).to.equal(502);
    }
    const again = await seenBy('verified');
    expect(again.seen?.requests).to.be.above(1);
  });

  async function askGrpc(host: string) {
    const client = connect(`https://127.0.0.1:${the().program.ports.https}`, {
      servername: host,
      rejectUnauthorized: false,
    });
    try {
      const stream = client.request({ ':method': 'POST', ':authority': host, te: 'trailers' });
      stream.end();
      const { promise, resolve, reject } = Promise.withResolvers<Readonly<Record<string, unknown>>>();
      stream.once('response', resolve).once('error', reject);
      stream.resume();
      return await promise;
    } finally {
      client.destroy();
    }
  }

  it('GRPCS is as HTTPS', async () => {
    expect(await askGrpc('grpcs.test')).to.include({ ':status': 200, 'x-subject': 'proxy' });
    expect(await askGrpc('grpcs-wrong.test')).to.include({ ':status': 502 });
  });

  it('new endpoints are verified without a reload', async () => {
    const { stage, program, server, theirs } = the();
    const [good, bad] = [
      await startTlsBackend(stage, server),
      await startTlsBackend(stage, await theirs.issue(`CN=${INNER}`, { names: [INNER] })),
    ];
    const reloads = program.reloads();
    const use = (place: typeof good) =>
      stage.write(
        'verified.yaml',
        ...site('verified', {
          places: [place],
          with: verified('ours', { 'backend-protocol': 'HTTPS' }),
        }),
      );
    use(good);
    await eventually(async () => {
      await seenBy('verified');
      expect(good.requests()).to.be.above(0);
    });
    expect((await seenBy('verified')).status).to.equal(200);
    use(bad);
    await eventually(async () => expect((await seenBy('verified')).status).to.equal(502));
    expect(bad.requests()).to.equal(0);
    expect(program.reloads()).to.equal(reloads);
  });

  it('nginx.conf spells it as scripts know it', async () => {
    const { program } = the();
    const text = (await program.nginxConf()).replaceAll(/\s+/g, ' ');
    const part = (host: string) =>
      text.slice(text.indexOf(`## start server ${host}.test`), text.indexOf(`## end server ${host}.test`));
    const file = join(program.dataDir, 'ssl', 'default-both.pem');
    for (const line of [
      `proxy_ssl_certificate ${file};`,
      `proxy_ssl_certificate_key ${file};`,
      `proxy_ssl_trusted_certificate ${file};`,
      'proxy_ssl_ciphers DEFAULT;',
      'proxy_ssl_protocols TLSv1.2;',
      'proxy_ssl_verify off;',
      'proxy_ssl_verify_depth 1;',
      'proxy_ssl_server_name off;',
    ]) {
      expect(part('shown')).to.include(line);
      const beforeLocations = part('shown').split(' location ')[0];
      if (!line.includes('server_name')) expect(beforeLocations).to.include(line);
    }
    expect(part('deep')).to.include('proxy_ssl_verify on;').and.include('proxy_ssl_verify_depth 2;');
    expect(part('newest')).to.include('proxy_ssl_protocols TLSv1.2 TLSv1.3;');
    expect(part('told')).to.include('proxy_ssl_server_name on;');
    expect(part('plain')).to.not.include('proxy_ssl_');
  });
});
