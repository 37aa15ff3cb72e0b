import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makePair } from '../harness/certificates.ts';
import { createTestClock } from '../harness/clock.ts';
import { startDns } from '../harness/dns.ts';
import { summaryOf } from '../harness/load.ts';
import { askedAllTheTime } from '../harness/neighbourhood.ts';
import { endpoints, ingress, ingressClass, service, tlsSecret } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

const DAY = 86_400;
const asked = ['steady.test', 'named.test'];

describe('a clock that jumps', () => {
  const the = useStage(async (stage) => {
    const one = await stage.backend('one', { address: stage.address() });
    const two = await stage.backend('two', { address: stage.address(), port: one.port });
    const dns = await startDns(stage.address());
    stage.defer(dns.close);
    const name = (address: string) => dns.set('named.example', { type: 'A', value: address, ttl: 1 });
    name(one.address);
    const resolv = join(stage.folder, 'resolv.conf');
    writeFileSync(resolv, `nameserver ${dns.address}\n`);
    const ports = [{ name: 'web', port: 80, targetPort: one.port }];
    stage.write(
      'class.yaml',
      ingressClass(),
      ...site('steady', { places: [one] }),
      service('named', { type: 'ExternalName', externalName: 'named.example', ports }),
      ingress('named', { rules: { 'named.test': [{ to: 'named:80' }] } }),
      service('moving'),
      ingress('moving', {
        rules: { 'moving.test': 'moving' },
        tls: [{ hosts: ['moving.test'], secretName: 'pair' }],
        annotations: { 'nginx.ingress.kubernetes.io/ssl-redirect': 'false' },
      }),
    );
    const clock = createTestClock(stage.folder);
    const program = await stage.start({
      env: { ...clock.env, TIDEGATE_RESOLV_CONF: resolv },
      flags: ['--sync-rate-limit=20'],
    });
    return { one, two, name, clock, program };
  });

  const backendOf = async (host: string) => (await the().program.http(host, '/')).echo().backend;
  const dateOf = async () => Date.parse((await the().program.http('steady.test', '/')).headers.date ?? '');

  /** Everything that can change does, and is in force. @param round of the names that are new */
  async function everythingWorks(round: number): Promise<void> {
    const { stage, one, two, name, program } = the();
    const [here, backend] = round % 2 === 0 ? [one, 'one'] : [two, 'two'];
    name(here.address);
    stage.write('moving.yaml', ...endpoints('moving', [here]));
    stage.write('pair.yaml', tlsSecret('pair', await makePair(`round-${round}.test`, 'moving.test')));
    const annotations = { 'permanent-redirect': `https://round-${round}.test/` };
    stage.write(`new-${round}.yaml`, ...site(`new-${round}`, { places: [here] }));
    stage.write('edited.yaml', ...site('edited', { places: [here], with: annotations }));
    await eventually(async () => {
      expect(await backendOf('moving.test')).to.equal(backend);
      expect(await backendOf('named.test')).to.equal(backend);
      expect(await backendOf(`new-${round}.test`)).to.equal(backend);
      const redirect = await program.http('edited.test', '/');
      expect(redirect.headers.location).to.equal(`https://round-${round}.test/`);
      const { certificate } = await program.https('moving.test', '/');
      expect(certificate.subject).to.include({ CN: `round-${round}.test` });
    }, 20_000);
  }

  const jumps: Readonly<Record<string, number>> = {
    'a year ahead': 365 * DAY,
    'back to the right time': 0,
    'two years back': -730 * DAY,
    'a second ahead': -730 * DAY + 1,
    'to the right time again': 0,
  };
  Object.entries(jumps).forEach(([title, seconds], index) => {
    it(`${title}: no request is lost, and everything still comes into force`, async () => {
      const { clock, program, name, two } = the();
      await everythingWorks(index * 2);
      expect(await backendOf('named.test')).to.equal('one');
      const load = {
        hosts: asked,
        least: 200,
        rate: 100,
        isGood: (text: string) => text.includes('"backend"'),
      };
      const { losses, answered } = await askedAllTheTime(program, load, async () => {
        clock.shift(seconds);
        await eventually(async () =>
          expect(Math.abs((await dateOf()) - Date.now() - seconds * 1000)).to.be.below(5000),
        );
        // By the workers that asked for the name before the jump.
        name(two.address);
        await eventually(async () => expect(await backendOf('named.test')).to.equal('two'));
        await everythingWorks(index * 2 + 1);
      });
      expect(losses, summaryOf(losses)).to.deep.equal([]);
      expect(answered).to.be.at.least(200);
      expect((await program.health()).status).to.equal(200);
    });
  });
});
