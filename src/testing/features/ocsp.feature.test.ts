import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeAuthority } from '../harness/certificates.ts';
import { configMap, ingress, secret, tlsSecret } from '../harness/objects.ts';
import type { PairPem } from '../harness/objects.ts';
import { startResponder } from '../harness/ocsp.ts';
import { eventually, steadily } from '../harness/poll.ts';
import { freePort } from '../harness/ports.ts';
import { useStage } from '../harness/stage.ts';
import { openTls } from '../harness/tls.ts';
import { annotate, webObjects } from './site.ts';

describe('OCSP stapling', () => {
  const the = useStage(async (stage) => {
    const [address, port] = [stage.address(), await freePort()];
    const authority = await makeAuthority('Authority');
    const ocsp = `http://${address}:${port}/status`;
    const issue = async (name: string, url: string | null): Promise<PairPem> => {
      const pair = await authority.issue(`CN=${name}.test`, {
        names: [`${name}.test`],
        ...(url === null ? {} : { ocsp: url }),
      });
      return { certificate: pair.certificate + authority.certificate, key: pair.key };
    };
    const pairs = {
      good: await issue('good', ocsp),
      asking: await issue('asking', ocsp),
      revoked: await issue('revoked', ocsp),
      silent: await issue('silent', null),
      near: await issue('near', `http://127.0.0.1:${port}/`),
      encrypted: await issue('encrypted', `https://${address}:${port}/`),
    };
    const { good, asking, near, encrypted, revoked } = pairs;
    const responder = await startResponder({
      folder: stage.folder,
      authority,
      port,
      good: [good, asking, near, encrypted],
      revoked: [revoked],
    });
    stage.defer(responder.close);
    const web = await stage.backend('web');
    stage.write(
      'site.yaml',
      ...webObjects(web),
      configMap('settings', { 'enable-ocsp': 'true' }),
      secret('authority', { 'ca.crt': authority.certificate }),
      ...Object.keys(pairs).map((name) =>
        ingress(name, {
          rules: { [`${name}.test`]: 'web' },
          tls: [{ hosts: [`${name}.test`], secretName: name }],
          ...(name === 'asking'
            ? {
                annotations: annotate({
                  'auth-tls-secret': 'default/authority',
                  'auth-tls-verify-client': 'optional',
                }),
              }
            : {}),
        }),
      ),
    );
    for (const [name, pair] of Object.entries(pairs)) stage.write(`${name}.yaml`, tlsSecret(name, pair));
    const program = await stage.start({ flags: ['--configmap=default/settings'] });
    return { program, pairs, authority, responder };
  });

  /** What is stapled, or null. */
  async function stapled(name: string): Promise<Buffer | null> {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer | null>();
    const socket = openTls(the().program.ports.https, { servername: `${name}.test`, requestOCSP: true });
    socket.once('error', reject).once('OCSPResponse', resolve);
    const response = await promise;
    socket.destroy();
    return response !== null && response.length > 0 ? response : null;
  }

  for (const name of ['good', 'asking'] as const) {
    it(`${name}.test: the first handshake asks, later ones have what the authority says`, async () => {
      const { stage, pairs, authority, responder } = the();
      const before = responder.asked();
      expect(await stapled(name)).to.equal(null);
      const response = await eventually(async () => {
        const found = await stapled(name);
        if (found === null) throw new Error('nothing is stapled');
        return found;
      });
      const file = (suffix: string, content: string | Buffer) => {
        const path = join(stage.folder, `${name}.${suffix}`);
        writeFileSync(path, content);
        return path;
      };
      const ca = file('ca', authority.certificate);
      const certificate = file('crt', pairs[name].certificate);
      const words = execFileSync(
        'openssl',
        `ocsp -respin ${file('der', response)} -CAfile ${ca} -issuer ${ca} -cert ${certificate} -no_nonce`.split(
          ' ',
        ),
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
      );
      expect(words).to.match(/: good$/m);
      for (let handshake = 0; handshake < 5; handshake++) expect(await stapled(name)).to.deep.equal(response);
      expect(responder.asked() - before).to.equal(1);
    });
  }

  it('without a request for it nothing is stapled', async () => {
    expect((await the().program.https('good.test', '/')).status).to.equal(200);
  });

  const never: readonly (readonly [name: string, why: string, logged: RegExp | null])[] = [
    [
      'revoked',
      'the authority has revoked it',
      /no OCSP response for certificate default\/revoked .*revoked/,
    ],
    ['silent', 'the certificate names nobody to ask', null],
    [
      'near',
      'this machine is not asked',
      /no OCSP response for certificate default\/near .*must not be reached/,
    ],
    [
      'encrypted',
      'OCSP is asked over plain HTTP',
      /no OCSP response for certificate default\/encrypted .*plain HTTP/,
    ],
  ];
  for (const [name, why, logged] of never) {
    it(`${name}.test: nothing is stapled: ${why}`, async () => {
      const { program, responder } = the();
      await stapled(name);
      if (logged !== null) await program.logged(logged);
      const before = responder.asked();
      await steadily(async () => expect(await stapled(name)).to.equal(null), 200);
      // A failure is remembered, so that not every handshake asks.
      expect(responder.asked()).to.equal(before);
    });
  }

  it('a new certificate gets a response of its own', async () => {
    const { stage, authority, pairs } = the();
    const old = await stapled('good');
    expect(old).to.not.equal(null);
    // Of the same responder, which does not know it.
    const next = await authority.issue('CN=good.test', { names: ['good.test'] });
    stage.write(
      'good.yaml',
      tlsSecret('good', { certificate: next.certificate + authority.certificate, key: next.key }),
    );
    await eventually(async () => expect(await stapled('good')).to.equal(null));
    stage.write('good.yaml', tlsSecret('good', pairs.good));
    await eventually(async () => expect(await stapled('good')).to.not.equal(null));
  });
});
