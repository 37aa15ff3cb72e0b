import { expect } from 'chai';
import { apply } from '../harness/cluster.ts';
import { makeAuthority, makePair } from '../harness/certificates.ts';
import { summaryOf } from '../harness/load.ts';
import { askedAllTheTime } from '../harness/neighbourhood.ts';
import { ingress, secret, tlsSecret } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { annotations } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import { siteObjects } from './site.ts';

const DEFAULT = 'Kubernetes Ingress Controller Fake Certificate';
const OPEN = { 'ssl-redirect': 'false' };

describe('Secrets that are deleted while hosts use them', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web', { address: stage.address() });
    const authority = await makeAuthority('Authority');
    const pair = tlsSecret('pair', await makePair('tls.test'));
    const trusted = secret('trusted', { 'ca.crt': authority.certificate });
    const closed = { ...OPEN, 'auth-tls-secret': 'default/trusted' };
    const api = await stage.api();
    apply(
      api,
      ...siteObjects(web),
      pair,
      trusted,
      tlsSecret('other', await makePair('other.test')),
      ...['tls', 'other'].map((name) =>
        ingress(name, {
          rules: { [`${name}.test`]: 'web' },
          tls: [{ hosts: [`${name}.test`], secretName: name === 'tls' ? 'pair' : name }],
          annotations: annotations(OPEN),
        }),
      ),
      ingress('closed', { rules: { 'closed.test': 'web' }, annotations: annotations(closed) }),
    );
    const program = await stage.start({ api, flags: ['--sync-rate-limit=20'] });
    return { api, pair, trusted, alice: await authority.issue('CN=alice'), program };
  });

  const certificateOf = async (host: string) =>
    (await the().program.https(host, '/')).certificate.subject['CN'];

  /** Asks for what only people with a certificate may have, without one. Resolves to the answers that came. */
  async function burgle(during: () => Promise<void>): Promise<ReadonlySet<number>> {
    const statuses = new Set<number>();
    let over = false;
    const asking = (async () => {
      while (!over) statuses.add((await the().program.atOnce.https('closed.test', '/')).status);
    })();
    try {
      await during();
    } finally {
      over = true;
      await asking;
    }
    return statuses;
  }

  it('leave TLS with the default certificate, open nothing, disturb nobody; all is well when they are back', async () => {
    const { api, pair, trusted, alice, program } = the();
    const statusOf = async (client?: typeof alice) =>
      (await program.https('closed.test', '/', { client })).status;
    expect([await statusOf(), await statusOf(alice)]).to.deep.equal([400, 200]);
    let seen: ReadonlySet<number> = new Set();
    const asked = await askedAllTheTime(
      program,
      {
        hosts: ['a.test', 'other.test'],
        least: 1000,
        rate: 200,
        isGood: (text) => text.includes('"backend":"web"'),
      },
      async () => {
        seen = await burgle(async () => {
          for (let round = 0; round < 3; round++) {
            api.delete('Secret', 'default/pair');
            api.delete('Secret', 'default/trusted');
            await eventually(async () => {
              expect(await certificateOf('tls.test')).to.equal(DEFAULT);
              expect((await program.http('tls.test', '/')).echo().backend).to.equal('web');
              expect(await statusOf(alice)).to.equal(403);
            });
            expect(await certificateOf('other.test')).to.equal('other.test');
            apply(api, pair, trusted);
            await eventually(async () => {
              expect(await certificateOf('tls.test')).to.equal('tls.test');
              expect(await statusOf(alice)).to.equal(200);
            });
          }
        });
      },
    );
    expect(summaryOf(asked.losses)).to.equal('');
    expect([...seen].sort()).to.deep.equal([400, 403]);
  });
});
