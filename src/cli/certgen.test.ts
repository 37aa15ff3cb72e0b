import { X509Certificate, createPrivateKey } from 'node:crypto';
import { expect } from 'chai';
import { openBench } from '../testing/fake-api/support.ts';
import type { Bench } from '../testing/fake-api/support.ts';
import { create, patch } from './certgen.ts';
import type { CertgenParts, CreateOptions, PatchOptions } from './certgen.ts';

const DAY = 86_400_000;
const hosts = ['admission', 'admission.ns.svc', '10.0.0.5'];
const options: CreateOptions = {
  hosts,
  namespace: 'ns',
  secretName: 'admission',
  certName: 'cert',
  keyName: 'key',
};
const patching: PatchOptions = {
  namespace: 'ns',
  secretName: 'admission',
  webhookName: 'hook',
  patchValidating: true,
  patchMutating: true,
  failurePolicy: '',
};

describe('kube-webhook-certgen', () => {
  let bench: Bench;
  let said: string[];
  let now: number;
  beforeEach(async () => {
    said = [];
    now = Date.now();
    bench = await openBench();
  });
  afterEach(() => bench.close());

  const parts = (): CertgenParts => ({
    client: bench.client,
    now: () => now,
    say: (level, message) => said.push(`${level}: ${message}`),
  });

  const dataOf = () =>
    Reflect.get(bench.api.get('Secret', 'ns/admission') ?? {}, 'data') as Readonly<Record<string, string>>;
  const decoded = (name: string) => Buffer.from(dataOf()[name] ?? '', 'base64').toString();
  const failure = (action: Promise<void>) =>
    action.then(
      () => '',
      (error: unknown) => String(error),
    );

  describe('create', () => {
    it('makes a Secret with an authority, a certificate of it for the hosts, and its key', async () => {
      await create(options, parts());
      const ca = new X509Certificate(decoded('ca'));
      const cert = new X509Certificate(decoded('cert'));
      expect(cert.verify(ca.publicKey)).to.equal(true);
      expect(cert.checkIssued(ca)).to.equal(true);
      expect(ca.ca).to.equal(true);
      expect(cert.ca).to.equal(false);
      expect(cert.checkPrivateKey(createPrivateKey(decoded('key')))).to.equal(true);
      expect(cert.checkHost('admission.ns.svc')).to.equal('admission.ns.svc');
      expect(cert.checkIP('10.0.0.5')).to.equal('10.0.0.5');
      expect(Date.parse(cert.validFrom)).to.be.below(now);
      expect(Date.parse(cert.validTo) - now).to.be.above(99 * 365 * DAY);
      expect(bench.api.get('Secret', 'ns/admission')).to.include({ type: 'Opaque' });
      expect(said).to.deep.equal(['info: secret created']);
    });

    it('names the entries as it is told', async () => {
      await create({ ...options, certName: 'tls.crt', keyName: 'tls.key' }, parts());
      expect(Object.keys(dataOf()).sort()).to.deep.equal(['ca', 'tls.crt', 'tls.key']);
    });

    it('changes nothing when it is run again', async () => {
      await create(options, parts());
      const before = dataOf();
      await create(options, parts());
      expect(dataOf()).to.deep.equal(before);
      expect(said[1]).to.equal('info: secret already exists');
    });

    for (const [name, change] of [
      ['expires soon', () => (now += 100 * 365 * DAY - 29 * DAY)],
      ['has expired', () => (now += 200 * 365 * DAY)],
    ] as const) {
      it(`renews a certificate that ${name}`, async () => {
        await create(options, parts());
        const before = dataOf();
        change();
        await create(options, parts());
        expect(dataOf()['cert']).to.not.equal(before['cert']);
        expect(dataOf()['ca']).to.not.equal(before['ca']);
        expect(said[1]).to.match(/^info: secret renewed: the certificate expires on /);
      });
    }

    it('leaves a certificate that has a while to live', async () => {
      await create(options, parts());
      now += 100 * 365 * DAY - 31 * DAY;
      await create(options, parts());
      expect(said[1]).to.equal('info: secret already exists');
    });

    for (const host of ['other.ns.svc', '10.0.0.6']) {
      it(`makes another certificate when it shall be for ${host}, too`, async () => {
        await create(options, parts());
        await create({ ...options, hosts: [...hosts, host] }, parts());
        expect(said[1]).to.equal(`info: secret renewed: the certificate is not for ${host}`);
        expect(new X509Certificate(decoded('cert')).subjectAltName).to.include(host);
      });
    }

    it('replaces what is no certificate', async () => {
      bench.api.create({
        kind: 'Secret',
        metadata: { name: 'admission', namespace: 'ns' },
        data: { ca: 'eA==', cert: 'eA==' },
      });
      await create(options, parts());
      expect(said).to.deep.equal(['info: secret renewed: the certificate cannot be read']);
    });

    it('says what to do when it may not renew', async () => {
      await create(options, parts());
      bench.api.fail({ kind: 'Secret', verb: 'update', answer: 403 });
      await create({ ...options, hosts: [...hosts, 'new'] }, parts());
      expect(said[1]).to.match(/^warning: the certificate is not for new, and this service account may not/);
    });

    it('does not touch a Secret that is somebody else’s', async () => {
      const data = { password: 'eA==' };
      bench.api.create({ kind: 'Secret', metadata: { name: 'admission', namespace: 'ns' }, data });
      expect(await failure(create(options, parts()))).to.include('without an entry "ca"');
      expect(dataOf()).to.deep.equal(data);
    });

    for (const verb of ['get', 'create'] as const) {
      it(`fails when it may not ${verb}`, async () => {
        bench.api.fail({ kind: 'Secret', verb, answer: 403, times: 10 });
        expect(await failure(create(options, parts()))).to.include('Secret ns/admission cannot be');
        expect(said).to.deep.equal([]);
      });
    }
  });

  describe('patch', () => {
    const kinds = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'] as const;

    beforeEach(async () => {
      for (const kind of kinds) {
        const webhooks = ['one', 'two'].map((name) => ({
          name,
          failurePolicy: 'Ignore',
          sideEffects: 'None',
          clientConfig: { service: { name: 'admission', namespace: 'ns', path: '/x' } },
        }));
        bench.api.create({ kind, metadata: { name: 'hook', labels: { a: 'b' } }, webhooks });
      }
    });

    interface Webhook {
      readonly clientConfig: { readonly caBundle?: string; readonly service: object };
      readonly failurePolicy: string;
      readonly sideEffects: string;
    }

    const webhooksOf = (kind: (typeof kinds)[number]) =>
      Reflect.get(bench.api.get(kind, 'hook') ?? {}, 'webhooks') as readonly Webhook[];
    const bundles = () =>
      kinds.map((kind) => webhooksOf(kind).map(({ clientConfig }) => clientConfig.caBundle));

    it('puts the authority into every webhook, and leaves the rest as it is', async () => {
      await create(options, parts());
      await patch(patching, parts());
      const ca = dataOf()['ca'];
      expect(bundles()).to.deep.equal([
        [ca, ca],
        [ca, ca],
      ]);
      for (const { failurePolicy, sideEffects, clientConfig } of webhooksOf(kinds[0])) {
        expect({ failurePolicy, sideEffects }).to.deep.equal({
          failurePolicy: 'Ignore',
          sideEffects: 'None',
        });
        expect(clientConfig.service).to.deep.equal({ name: 'admission', namespace: 'ns', path: '/x' });
      }
      expect(bench.api.get(kinds[0], 'hook')?.metadata.labels).to.deep.equal({ a: 'b' });
    });

    it('can be run again', async () => {
      await create(options, parts());
      await patch(patching, parts());
      const before = bundles();
      await patch(patching, parts());
      expect(bundles()).to.deep.equal(before);
    });

    for (const [patchValidating, patchMutating, patched] of [
      [true, false, [true, false]],
      [false, true, [false, true]],
    ] as const) {
      it(`patches only the kinds it is told: ${patched.join(', ')}`, async () => {
        await create(options, parts());
        await patch({ ...patching, patchValidating, patchMutating }, parts());
        expect(bundles().map(([first]) => first !== undefined)).to.deep.equal(patched);
      });
    }

    for (const [failurePolicy, expected] of [
      ['Fail', 'Fail'],
      ['Ignore', 'Ignore'],
      ['', 'Ignore'],
    ] as const) {
      it(`leaves failurePolicy at ${expected} with "${failurePolicy}"`, async () => {
        await create(options, parts());
        await patch({ ...patching, failurePolicy }, parts());
        expect(webhooksOf(kinds[0]).map((webhook) => webhook.failurePolicy)).to.deep.equal([
          expected,
          expected,
        ]);
      });
    }

    for (const [name, overrides, message] of [
      ['there is nothing to do', { patchValidating: false, patchMutating: false }, 'nothing to do'],
      ['the policy is none', { failurePolicy: 'Sometimes' }, '--patch-failure-policy is "Sometimes"'],
      ['a policy has no webhook', { webhookName: '', failurePolicy: 'Fail' }, 'no --webhook-name'],
      ['the webhook does not exist', { webhookName: 'none' }, 'none cannot be read'],
      ['the Secret does not exist', { secretName: 'none' }, 'run create first'],
    ] as const) {
      it(`fails when ${name}`, async () => {
        await create(options, parts());
        expect(await failure(patch({ ...patching, ...overrides }, parts()))).to.include(message);
        expect(bundles().flat()).to.deep.equal([undefined, undefined, undefined, undefined]);
      });
    }

    it('fails when it may not write', async () => {
      await create(options, parts());
      bench.api.fail({ kind: kinds[0], verb: 'update', answer: 403 });
      expect(await failure(patch(patching, parts()))).to.include('cannot be written');
    });
  });
});
