/** What nginx.conf looks like, byte by byte. TIDEGATE_UPDATE_GOLDEN=1 writes the files anew; read the difference then. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readManifests } from '../../source/files/read.ts';
import type { KubeObject } from '../../source/objects.ts';
import { environment, nginx122, nginx126 } from '../builders/environment.ts';
import { ingressClass } from '../builders/objects.ts';
import { openRealNginx } from '../builders/real-nginx.ts';
import type { RealNginx } from '../builders/real-nginx.ts';
import { render } from '../builders/render.ts';

const folder = import.meta.dirname;
const update = process.env['TIDEGATE_UPDATE_GOLDEN'] === '1';
const cases = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.slice(0, -'.yaml'.length));

async function objectsOf(name: string): Promise<readonly KubeObject[]> {
  const alone = mkdtempSync(join(tmpdir(), 'tidegate-'));
  try {
    copyFileSync(join(folder, `${name}.yaml`), join(alone, `${name}.yaml`));
    const { objects, faults } = await readManifests([alone]);
    expect(faults).to.deep.equal([]);
    return [ingressClass(), ...objects.map(({ object }) => object)];
  } finally {
    rmSync(alone, { recursive: true });
  }
}

/** The file as it should be; written first when asked. */
function golden(name: string, text: string): string {
  const path = join(folder, `${name}.conf`);
  if (update) writeFileSync(path, text);
  return readFileSync(path, 'utf8');
}

const newer = environment({ features: nginx126 });
const older = environment({
  features: nginx122,
  ipv6: false,
  user: 'www-data',
  healthPath: '/',
  ports: { http: 8080, https: 8443, status: 10246, passthroughProxy: 442, defaultServer: null },
  dns: { nameservers: ['2001:db8::53', '10.0.0.53'], search: [], ndots: 1, ipv6: false },
});

describe('golden files', () => {
  let nginx: RealNginx;
  before(async () => {
    nginx = await openRealNginx();
  });
  after(() => nginx.close());

  it('are one for each example', () => {
    expect(cases).to.have.length.of.at.least(8);
    for (const name of cases) expect(existsSync(join(folder, `${name}.conf`)) || update, name).to.equal(true);
  });

  for (const name of cases) {
    it(`${name} has the bytes of its file`, async () => {
      const { text } = await render(await objectsOf(name), { environment: newer });
      expect(text).to.equal(golden(name, text));
    });

    it(`${name} is taken by nginx`, async () => {
      expect(await nginx.check(await objectsOf(name))).to.deep.equal({ ok: true });
    });
  }

  it('tls has the bytes of its file on an older nginx without IPv6', async () => {
    const { text } = await render(await objectsOf('tls'), { environment: older });
    expect(text).to.equal(golden('tls.1.22', text));
    expect(text).to.not.include('[::]').and.not.include('http2 on;');
  });
});
