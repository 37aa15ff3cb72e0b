import { expect } from 'chai';
import { endpoints, ingress, ingressClass, service } from '../harness/objects.ts';
import { annotations, site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

type Short = Parameters<typeof annotations>[0];

describe('access', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const settings = {
      'use-forwarded-headers': 'true',
      'whitelist-source-range': '127.0.0.0/8,192.0.2.0/24',
    };
    stage.write('class.yaml', ingressClass(), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: 'default' },
      data: settings,
    });
    const sites: Readonly<Record<string, Short>> = {
      usual: {},
      allowed: { 'allowlist-source-range': '10.0.0.0/8, 203.0.113.7' },
      old: { 'whitelist-source-range': '10.0.0.0/8' },
      both: { 'allowlist-source-range': '10.0.0.0/8', 'denylist-source-range': '10.1.0.0/16' },
      wrong: { 'allowlist-source-range': '10.0.0.0/99' },
      v6: { 'allowlist-source-range': '2001:db8::/32' },
      rps: { 'limit-rps': 1, 'limit-burst-multiplier': 3 },
      exempt: { 'limit-rps': 1, 'limit-burst-multiplier': 1, 'limit-allowlist': '192.0.2.0/24' },
      connections: { 'limit-connections': 2 },
      slow: { 'limit-rate': 1 },
    };
    for (const [name, short] of Object.entries(sites))
      stage.write(`${name}.yaml`, ...site(name, { places: [web], with: short }));
    stage.write(
      'shared.yaml',
      service('shared'),
      ...endpoints('shared', [web]),
      ingress('shared', {
        annotations: annotations({ 'limit-rpm': 1, 'limit-burst-multiplier': 2 }),
        rules: { 'shared.test': 'shared', 'also.test': 'shared' },
      }),
    );
    const flags = ['--configmap=default/settings', '--sync-rate-limit=20'];
    return { web, program: await stage.start({ flags }) };
  });

  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });

  const rows: readonly (readonly [host: string, address: string, status: number])[] = [
    ['usual', '127.0.0.1', 200],
    ['usual', '192.0.2.9', 200],
    ['usual', '198.51.100.1', 403],
    ['allowed', '10.9.9.9', 200],
    ['allowed', '203.0.113.7', 200],
    ['allowed', '203.0.113.8', 403],
    ['allowed', '127.0.0.1', 403],
    ['old', '10.0.0.1', 200],
    ['old', '11.0.0.1', 403],
    ['both', '10.2.0.1', 200],
    ['both', '10.1.0.1', 403],
    ['wrong', '10.0.0.1', 503],
    ['v6', '2001:db8::1', 200],
    ['v6', '2001:db9::1', 403],
  ];
  for (const [host, address, status] of rows) {
    it(`${host}: ${address} gets ${status}`, async () => {
      expect((await the().program.http(`${host}.test`, '/', from(address))).status).to.equal(status);
    });
  }

  async function statuses(host: string, count: number, address = '127.0.0.1'): Promise<readonly number[]> {
    const answers = Array.from({ length: count }, () =>
      the().program.http(`${host}.test`, '/', from(address)),
    );
    return (await Promise.all(answers)).map(({ status }) => status).sort();
  }

  it('requests above the rate and its burst get 503', async () => {
    const found = await statuses('rps', 12);
    expect(found.filter((status) => status === 200).length).to.be.within(4, 5);
    expect(found).to.include(503);
  });

  it('who is exempt is not counted', async () => {
    expect(new Set(await statuses('exempt', 12, '192.0.2.1'))).to.deep.equal(new Set([200]));
    expect(await statuses('exempt', 12)).to.include(503);
  });

  it('all hosts of an Ingress share its limits', async () => {
    expect((await statuses('shared', 3)).filter((status) => status === 200)).to.have.length(3);
    expect((await the().program.http('also.test', '/', from('127.0.0.1'))).status).to.equal(503);
  });

  it('connections above the limit get 503', async () => {
    const slow = Array.from({ length: 6 }, () =>
      the().program.http('connections.test', '/?delay=500', from('127.0.0.1')),
    );
    const found = (await Promise.all(slow)).map(({ status }) => status);
    expect(found.filter((status) => status === 200)).to.have.length(2);
  });

  it('the file has the words that scripts look for', async () => {
    const { readFileSync } = await import('node:fs');
    const text = readFileSync(`${the().program.dataDir}/nginx.conf`, 'utf8');
    for (const words of [
      'allow 10.0.0.0/8;',
      'deny all;',
      'deny 10.1.0.0/16;',
      'limit_conn',
      'conn 2;',
      'limit_rate 1k;',
    ])
      expect(text).to.include(words);
  });
});
