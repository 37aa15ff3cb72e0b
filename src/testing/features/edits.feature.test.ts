import { expect } from 'chai';
import { makePair } from '../harness/certificates.ts';
import { endpoints, ingress, ingressClass, service, tlsSecret } from '../harness/objects.ts';
import { eventually, steadily, timed } from '../harness/poll.ts';
import { useStage } from '../harness/stage.ts';
import { siteObjects } from './site.ts';

/** Milliseconds from an edit to the first answer that shows it: much less than any pace or age that could hold it back. */
const SERVED = 8000;

describe('edits of manifests', () => {
  const the = useStage(async (stage) => {
    const one = await stage.backend('one');
    const two = await stage.backend('two');
    const pair = await makePair('tls.test');
    stage.write('class.yaml', ingressClass());
    for (const backend of [one, two]) {
      stage.write(`${backend.name}.yaml`, service(backend.name), ...endpoints(backend.name, [backend]));
    }
    stage.write('moving.yaml', service('moving'), ...endpoints('moving', [one]));
    stage.write('edited.yaml', ingress('edited', { rules: { 'edited.test': 'one' } }));
    stage.write('moved.yaml', ingress('moved', { rules: { 'moved.test': 'moving' } }));
    stage.write('secret.yaml', tlsSecret('pair', pair));
    const tls = [{ hosts: ['tls.test'], secretName: 'pair' }];
    stage.write('tls.yaml', ingress('tls', { rules: { 'tls.test': 'one' }, tls }));
    return { one, two, pair, program: await stage.start({ flags: ['--sync-rate-limit=20'] }) };
  });

  const backendOf = async (host: string) => (await the().program.http(host, '/')).echo().backend;

  it('serves an edited Ingress at once', async () => {
    const { stage, program } = the();
    expect(await backendOf('edited.test')).to.equal('one');
    await program.reloadAfter(() =>
      stage.write('edited.yaml', ingress('edited', { rules: { 'edited.test': 'two' } })),
    );
    expect(await backendOf('edited.test')).to.equal('two');
  });

  it('serves a new file, and forgets a deleted one', async () => {
    const { stage, program } = the();
    await program.reloadAfter(() =>
      stage.write('new.yaml', ingress('new', { rules: { 'new.test': 'one' } })),
    );
    expect(await backendOf('new.test')).to.equal('one');
    await program.reloadAfter(() => stage.remove('new.yaml'));
    expect(await program.http('new.test', '/')).to.include({ status: 404 });
  });

  it('keeps the last good content of a file that does not parse, and says where', async () => {
    const { stage, program } = the();
    const from = program.logLines().length;
    stage.write('edited.yaml', 'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: "edited\n');
    const line = await program.logged(/edited\.yaml/, { from });
    expect(line).to.match(/^W\d{4} .* file="[^"]*\/edited\.yaml" line=\d+ reason="this is not valid YAML/);
    expect(await backendOf('edited.test')).to.equal('two');
    await program.reloadAfter(() =>
      stage.write('beside.yaml', ingress('beside', { rules: { 'beside.test': 'one' } })),
    );
    expect(await backendOf('beside.test')).to.equal('one');
    expect(await backendOf('edited.test')).to.equal('two');
    await program.reloadAfter(() =>
      stage.write('edited.yaml', ingress('edited', { rules: { 'edited.test': 'one' } })),
    );
    expect(await backendOf('edited.test')).to.equal('one');
  });

  it('takes the first of two files that define one object, and reports the second', async () => {
    const { stage, program } = the();
    const from = program.logLines().length;
    const twice = (backend: string) => ingress('twice', { rules: { 'twice.test': backend } });
    await program.reloadAfter(() => stage.write('a-first.yaml', twice('one')));
    stage.write('z-second.yaml', twice('two'));
    const line = await program.logged(/z-second\.yaml/, { from });
    expect(line).to.match(/^W\d{4} .*Ingress default\/twice is already defined in [^"]*\/a-first\.yaml/);
    expect(await backendOf('twice.test')).to.equal('one');
    await program.reloadAfter(() => stage.remove('a-first.yaml'));
    expect(await backendOf('twice.test')).to.equal('two');
  });

  it('sends the next request to a changed endpoint, without a reload', async () => {
    const { stage, program, one, two } = the();
    await program.settled();
    const before = program.reloads();
    for (const backend of [two, one, two]) {
      stage.write('moving.yaml', service('moving'), ...endpoints('moving', [backend]));
      const took = await timed(async () => expect(await backendOf('moved.test')).to.equal(backend.name));
      expect(took).to.be.below(SERVED);
      // Every worker knows it: none answers with the old endpoint any more.
      for (let request = 0; request < 10; request++)
        expect(await backendOf('moved.test')).to.equal(backend.name);
    }
    expect(program.reloads()).to.equal(before);
  });

  it('follows a Service that loses its last endpoint and gets it back, without a reload', async () => {
    const { stage, program, one } = the();
    const before = program.reloads();
    stage.write('moving.yaml', service('moving'), ...endpoints('moving', []));
    await eventually(async () => expect(await program.http('moved.test', '/')).to.include({ status: 503 }));
    stage.write('moving.yaml', service('moving'), ...endpoints('moving', [one]));
    await eventually(async () => expect(await backendOf('moved.test')).to.equal('one'));
    expect(program.reloads()).to.equal(before);
  });

  it('presents a renewed certificate without a reload', async () => {
    const { stage, program } = the();
    const old = await program.https('tls.test', '/');
    expect(old.certificate.subject).to.deep.equal({ CN: 'tls.test' });
    const before = program.reloads();
    stage.write('secret.yaml', tlsSecret('pair', await makePair('tls.test')));
    const took = await timed(async () => {
      const { certificate } = await program.https('tls.test', '/');
      expect(certificate.fingerprint).to.not.equal(old.certificate.fingerprint);
      expect(certificate.subject).to.deep.equal({ CN: 'tls.test' });
    });
    expect(took).to.be.below(SERVED);
    expect(program.reloads()).to.equal(before);
  });

  it('does not reload for changes of spaces, comments and order', async () => {
    const { stage, program } = the();
    await program.settled();
    const before = program.reloads();
    const config = await program.nginxConf();
    const text = JSON.stringify(ingress('edited', { rules: { 'edited.test': 'one' } }), undefined, 4);
    for (const content of [`# a comment\n\n${text}\n\n`, `${text}\n`]) {
      stage.write('edited.yaml', content);
      // A later edit that shows: what came before it has been looked at, too.
      stage.write('moving.yaml', service('moving'), ...endpoints('moving', []));
      await eventually(async () => expect(await program.http('moved.test', '/')).to.include({ status: 503 }));
      stage.write('moving.yaml', service('moving'), ...endpoints('moving', [the().one]));
      await eventually(async () => expect(await backendOf('moved.test')).to.equal('one'));
    }
    expect(program.reloads()).to.equal(before);
    expect(await program.nginxConf()).to.equal(config);
  });

  it('serves what it served before after a restart, with the same file', async () => {
    const { stage, program } = the();
    await program.settled();
    const config = await program.nginxConf();
    expect(await program.stop()).to.deep.equal({ code: 0, signal: null });
    const again = await stage.start({ dataDir: program.dataDir, ports: program.ports });
    expect((await again.http('edited.test', '/')).echo().backend).to.equal('one');
    expect(await again.nginxConf()).to.equal(config);
  });
});

describe('--sync-rate-limit', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    stage.write('site.yaml', ...siteObjects(web));
    return { web, program: await stage.start({ flags: ['--live-routes=false'] }) };
  });

  it('does not hold back an edit after a pause: it is served at once', async () => {
    const { stage, program } = the();
    for (const host of ['one.test', 'two.test']) {
      await program.settled(1000);
      const took = await program.reloadAfter(() =>
        stage.write('paused.yaml', ingress('paused', { rules: { [host]: 'web' } })),
      );
      expect(took).to.be.below(SERVED);
      expect((await program.http(host, '/')).echo().backend).to.equal('web');
    }
  });

  it('bounds the reloads, and the last change is served in the end', async () => {
    const { stage, program } = the();
    const before = program.reloads();
    const started = performance.now();
    for (let change = 1; change <= 25; change++) {
      stage.write('new.yaml', ingress('new', { rules: { [`new-${change}.test`]: 'web' } }));
      await steadily(() => undefined, 80);
    }
    await eventually(async () =>
      expect((await program.http('new-25.test', '/')).echo().backend).to.equal('web'),
    );
    const seconds = (performance.now() - started) / 1000;
    const reloads = program.reloads() - before;
    expect(reloads).to.be.within(2, Math.ceil(seconds) + 1);
  });

  it('costs few reloads for 200 new Ingresses at once', async () => {
    const { stage, program } = the();
    await program.settled(1000);
    const before = program.reloads();
    for (let index = 0; index < 200; index++) {
      const rules = { [`burst-${index}.test`]: 'web' };
      stage.write(`burst-${index}.yaml`, ingress(`burst-${index}`, { rules }));
    }
    const backendOf = async (host: string) => (await program.http(host, '/')).echo().backend;
    await eventually(async () => {
      for (const index of [0, 100, 199]) expect(await backendOf(`burst-${index}.test`)).to.equal('web');
    });
    await program.settled(1000);
    expect(program.reloads() - before).to.be.within(1, 3);
    for (let index = 0; index < 200; index++) expect(await backendOf(`burst-${index}.test`)).to.equal('web');
  });

  it('does not hold back endpoints', async () => {
    const { stage, program } = the();
    const other = await stage.backend('other');
    await program.settled(1000);
    const before = program.reloads();
    for (const backend of [other, the().web, other]) {
      const [, , ...rest] = siteObjects(backend);
      stage.write('site.yaml', ingressClass(), service('web'), ...rest);
      const took = await timed(async () =>
        expect((await program.http('a.test', '/')).echo().backend).to.equal(backend.name),
      );
      expect(took).to.be.below(SERVED);
    }
    expect(program.reloads()).to.equal(before);
  });
});
