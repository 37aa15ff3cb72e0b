/** A TLS Secret that is replaced again and again, under load. */
import { X509Certificate } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { makeCertificate } from '../src/testing/certificate.ts';
import { nodePort, reloads, rollout } from './support/controller.ts';
import { fingerprint, startHandshakes } from './support/handshakes.ts';
import type { HandshakeResult } from './support/handshakes.ts';
import { settled } from './support/load.ts';
import { apply, createNamespace, deleteNamespace, eventually, namespacesEnded } from './support/kubectl.ts';
import { echo, ingress } from './support/objects.ts';

const SECRET = 'site-tls';
const ROTATIONS = 10;
/** Milliseconds between two of them. */
const PERIOD = 1000;
/** Milliseconds after which the last certificate must be the only one. */
const LATE = 2000;

describe('rotation of a TLS Secret', () => {
  let namespace: string;
  let host: string;
  let port: number;
  /** In the order in which they are written, ECDSA and RSA in turn. */
  let pairs: readonly { readonly secret: string; readonly fingerprint: string }[];

  before(async () => {
    namespace = await createNamespace('rotation');
    host = `www.${namespace}.test`;
    port = await nodePort('https');
    pairs = await Promise.all(Array.from({ length: ROTATIONS + 1 }, (_, index) => makePair(index)));
    const extra = `  tls: [{hosts: [${host}], secretName: ${SECRET}}]`;
    const site = [echo('web', 2), pairs[0]?.secret, ingress({ name: 'web', host, service: 'web', extra })];
    await apply(site.join('\n---\n'), namespace);
    await rollout('web', namespace);
    await presents(0);
    await namespacesEnded();
    await settled();
  });

  after(() => deleteNamespace(namespace));

  it('loses no request, shows no other certificate, goes never back, and needs no reload', async () => {
    const before = await reloads();
    const load = await startHandshakes({ host, clients: { keepalive: 6, fresh: 6 }, pause: 100 });
    const rotated = await rotate().finally(load.stop);
    const result = await load.stop();

    expect(await reloads(), 'reloads').to.equal(before);
    expect(result.failures, `of ${result.sent}`).to.deep.equal([]);
    expect(result.sent).to.be.greaterThan(ROTATIONS * 80);
    expectOrder(result);
    expect(rotated.untilLast, 'milliseconds until the last one was served').to.be.lessThan(LATE);
  });

  async function rotate(): Promise<{ readonly untilLast: number }> {
    let written = performance.now();
    for (const { secret } of pairs.slice(1)) {
      await setTimeout(Math.max(0, written + PERIOD - performance.now()));
      await apply(secret, namespace);
      written = performance.now();
    }
    await presents(ROTATIONS);
    const untilLast = performance.now() - written;
    // Every client shall see it.
    await setTimeout(PERIOD);
    return { untilLast };
  }

  /** Each client that makes new connections sees what was written, in that order, and the last one in the end. */
  function expectOrder({ fresh, kept }: HandshakeResult): void {
    const places = (seen: readonly string[]) =>
      seen.map((found) => pairs.findIndex((pair) => pair.fingerprint === found));
    for (const seen of fresh.map(places)) {
      expect(seen, 'certificates that nobody has written').not.to.include(-1);
      expect(seen).to.deep.equal(seen.toSorted((a, b) => a - b));
    }
    const all = new Set(fresh.flatMap(places));
    expect([...all].toSorted((a, b) => a - b)).to.deep.equal(pairs.map((_, index) => index));
    // Who keeps a connection keeps its certificate, too.
    for (const seen of kept.map(places)) expect(new Set(seen)).to.deep.equal(new Set([0]));
  }

  function presents(index: number): Promise<true> {
    return eventually(`certificate ${index}`, async () => {
      const found = await fingerprint({ host, port, agent: false });
      return found === pairs[index]?.fingerprint ? true : null;
    });
  }

  async function makePair(index: number) {
    const kind = index % 2 === 0 ? 'ecdsa' : 'rsa';
    const { cert, data } = await makeCertificate({ names: [host], common: `pair-${index}`, kind });
    const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name: SECRET } };
    return {
      secret: JSON.stringify({ ...object, type: 'kubernetes.io/tls', data }),
      fingerprint: new X509Certificate(cert).fingerprint256,
    };
  }
});
