import { execFileSync } from 'node:child_process';
import { connect } from 'node:http2';
import { expect } from 'chai';
import { ingressClass } from '../harness/objects.ts';
import { site } from '../harness/sites.ts';
import type { annotations } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

type Short = Parameters<typeof annotations>[0];

/** nginx has had no push since 1.25.1. */
function canPush(): boolean {
  const { NGINX_BINARY: binary = 'nginx' } = process.env;
  const text = execFileSync('sh', ['-c', '"$0" -v 2>&1', binary], { encoding: 'utf8' });
  const [major = 0, minor = 0, patch = 0] = /\d+\.\d+\.\d+/.exec(text)?.[0].split('.').map(Number) ?? [];
  return major * 10_000 + minor * 100 + patch < 12_501;
}

describe('answers on their way', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web', { headers: { link: '</pushed>; rel=preload' } });
    const buffered = { 'proxy-buffering': 'on' };
    const sites: Readonly<Record<string, Short>> = {
      least: { ...buffered, 'proxy-busy-buffers-size': '4k' },
      most: { ...buffered, 'proxy-busy-buffers-size': '12k' },
      many: { ...buffered, 'proxy-busy-buffers-size': '64k', 'proxy-buffers-number': 17 },
      beyond: { ...buffered, 'proxy-busy-buffers-size': '16k' },
      odd: { ...buffered, 'proxy-busy-buffers-size': 'much' },
      pushing: { 'http2-push-preload': 'true' },
      plain: { 'http2-push-preload': 'false' },
      refused: { 'http2-push-preload': 'perhaps' },
      influx: { 'enable-influxdb': 'true', 'influxdb-host': 'x', 'secure-verify-ca-secret': 'default/x' },
    };
    stage.write('class.yaml', ingressClass());
    for (const [name, short] of Object.entries(sites))
      stage.write(`${name}.yaml`, ...site(name, { places: [web], with: short }));
    return { program: await stage.start({ flags: ['--sync-rate-limit=20'] }) };
  });

  for (const host of ['least', 'most', 'many', 'beyond', 'odd', 'influx']) {
    it(`are whole: ${host}.test`, async () => {
      const large = { 'x-large': 'x'.repeat(3000) };
      const answer = await the().program.http(`${host}.test`, `/${'y'.repeat(3000)}`, { headers: large });
      expect(answer.echo().headers['x-large']).to.equal(large['x-large']);
    });
  }

  for (const [host, told] of [
    ['beyond', /annotation-invalid.*from 4096 to 12288 bytes with 4 buffers of 4k/],
    ['odd', /annotation-invalid.*much\\" is not a size/],
    ['refused', /annotation-invalid.*is not a boolean/],
    ['influx', /annotation-deprecated.*as with ingress-nginx itself/],
  ] as const) {
    it(`the owner of ${host}.test is told`, () => {
      const lines = the()
        .program.logLines()
        .filter((line) => line.includes(`default/${host}"`));
      expect(lines.join('\n')).to.match(told);
    });
  }

  it('what cannot be a boolean leaves the Ingress out', async () => {
    expect((await the().program.http('refused.test', '/')).status).to.equal(404);
  });

  /** Paths that the server pushes. */
  async function pushedBy(host: string): Promise<readonly unknown[]> {
    const client = connect(`https://127.0.0.1:${the().program.ports.https}`, {
      servername: host,
      rejectUnauthorized: false,
    });
    try {
      const pushed: unknown[] = [];
      client.on('stream', (stream, headers) => {
        pushed.push(headers[':path']);
        stream.resume();
      });
      const stream = client.request({ ':path': '/', ':authority': host });
      stream.resume();
      await new Promise<void>((resolve, reject) => void stream.once('end', resolve).once('error', reject));
      return pushed;
    } finally {
      client.destroy();
    }
  }

  it('what Link headers name is pushed where nginx can, and where it is asked for', async () => {
    expect(await pushedBy('pushing.test')).to.deep.equal(canPush() ? ['/pushed'] : []);
    expect(await pushedBy('plain.test')).to.deep.equal([]);
  });
});
