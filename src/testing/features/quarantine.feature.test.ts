import { expect } from 'chai';
import type { FakeObject } from '../fake-api/store.ts';
import type { Backend } from '../harness/backend.ts';
import { apply } from '../harness/cluster.ts';
import { ingressClass, ingress } from '../harness/objects.ts';
import { pickyNginx, quarantineOf } from '../harness/picky-nginx.ts';
import { eventually } from '../harness/poll.ts';
import { annotations, site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';

const QUARANTINED = 'nginx_ingress_controller_quarantined';
const FLAGS = ['--sync-rate-limit=20', '--live-routes=false'];

async function prepare(stage: Stage) {
  const web = await stage.backend('web');
  stage.write('class.yaml', ingressClass());
  for (const name of ['a', 'b']) stage.write(`${name}.yaml`, ...site(name, { places: [web] }));
  return { web };
}

describe('an object that nginx refuses', () => {
  const the = useStage(async (stage) => {
    const { web } = await prepare(stage);
    const metadata = { name: 'settings', namespace: 'default' };
    const writeSettings = (data: Readonly<Record<string, string>>) =>
      stage.write('settings.yaml', { apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
    writeSettings({});
    const program = await stage.start({
      flags: [...FLAGS, '--configmap=default/settings'],
      env: { NGINX_BINARY: pickyNginx(stage.folder) },
    });
    const write = (name: string, vhost: string) =>
      stage.write(`${name}.yaml`, ...site(name, { places: [web], with: { 'upstream-vhost': vhost } }));
    return { web, program, write, writeSettings };
  });

  const status = async (host: string, path = '/') => (await the().program.http(host, path)).status;
  const served = (host: string) => eventually(async () => expect(await status(host)).to.equal(200));

  it('answers 503 when it is new, while others come and go; its owner is told; a better version serves', async () => {
    const { stage, program, write } = the();
    const from = program.logLines().length;
    write('bad', 'poison.test');
    write('good', 'fine.test');
    await served('good.test');
    await eventually(async () => expect(await status('bad.test')).to.equal(503));
    expect(await status('bad.test', '/any')).to.equal(503);
    const line = await program.logged(/Object in quarantine/, { from });
    expect(line)
      .to.match(/^E\d{4}/)
      .and.include('object="Ingress default/bad"')
      .and.include('poison')
      .and.include('its paths answer 503');
    expect(await program.metric(QUARANTINED)).to.equal(1);
    await eventually(() =>
      expect(quarantineOf(program).map(({ key, standIn }) => [key, standIn])).to.deep.equal([
        ['default/bad', 'confined'],
      ]),
    );
    write('later', 'fine.test');
    await served('later.test');
    write('bad', 'fine.test');
    await served('bad.test');
    await program.logged(/Object out of quarantine.*default\/bad/, { from });
    expect(await program.metric(QUARANTINED)).to.equal(0);
    for (const name of ['bad', 'good', 'later']) stage.remove(`${name}.yaml`);
    await eventually(async () => expect(await status('bad.test')).to.equal(404));
  });

  it('keeps what it was when it served, and is gone when it is deleted', async () => {
    const { stage, program, write } = the();
    write('moving', 'one.test');
    await served('moving.test');
    const from = program.logLines().length;
    write('moving', 'poison.test');
    expect(await program.logged(/Object in quarantine/, { from })).to.include(
      'its last good version stays in force',
    );
    // What is wanted now serves already.
    const successful = 'nginx_ingress_controller_config_last_reload_successful';
    await eventually(async () => expect(await program.metric(successful)).to.equal(1));
    write('next', 'fine.test');
    await served('next.test');
    expect((await program.http('moving.test', '/')).echo().headers['host']).to.equal('one.test');
    stage.remove('moving.yaml');
    await eventually(async () => expect(await status('moving.test')).to.equal(404));
    await eventually(() => expect(quarantineOf(program)).to.deep.equal([]));
    stage.remove('next.yaml');
  });

  it('is found among many when nginx does not say where the fault is', async () => {
    const { stage, program, web } = the();
    const names = Array.from({ length: 16 }, (_, index) => `many-${index}`);
    const errors = await program.metric('nginx_ingress_controller_errors');
    stage.write(
      'many.yaml',
      ...names.flatMap((name) =>
        site(name, {
          places: [web],
          with: { 'upstream-vhost': name === 'many-11' ? 'venom.test' : 'fine.test' },
        }),
      ),
    );
    for (const name of names.filter((entry) => entry !== 'many-11')) await served(`${name}.test`);
    await eventually(async () => expect(await status('many-11.test')).to.equal(503));
    expect(quarantineOf(program).map(({ key }) => key)).to.deep.equal(['default/many-11']);
    // Two refusals for each halving at most.
    expect((await program.metric('nginx_ingress_controller_errors')) - errors).to.be.at.most(8);
    stage.remove('many.yaml');
    await eventually(async () => expect(await status('many-1.test')).to.equal(404));
  });

  it('is only the key of the ConfigMap that is at fault; the other keys count', async () => {
    const { program, writeSettings, write } = the();
    const from = program.logLines().length;
    writeSettings({ 'server-tokens': 'true', 'hide-headers': 'X-Poison' });
    expect(await program.logged(/Object in quarantine/, { from }))
      .to.include('ConfigMap key hide-headers')
      .and.include('the default is in force');
    await eventually(async () => expect(await program.nginxConf()).to.include('server_tokens on'));
    write('after', 'fine.test');
    await served('after.test');
    writeSettings({ 'server-tokens': 'true', 'hide-headers': 'X-Better' });
    await eventually(async () => expect(await program.nginxConf()).to.include('X-Better'));
    writeSettings({ 'server-tokens': 'true', 'hide-headers': 'X-Poison' });
    await program.logged(/Object in quarantine.*the last good value stays in force/, { from });
    expect(await program.nginxConf()).to.include('X-Better');
    writeSettings({});
    await eventually(async () => expect(await program.nginxConf()).to.not.include('X-Better'));
    expect(await program.metric(QUARANTINED)).to.equal(0);
  });

  it('does not close the paths of others on its host, and lets nobody in whom it would have asked for a certificate', async () => {
    const { stage, web } = the();
    const bad = annotations({ 'upstream-vhost': 'poison.test', 'auth-tls-secret': 'default/none' });
    stage.write('own.yaml', ...site('own', { places: [web], host: 'shared.test' }));
    await served('shared.test');
    stage.write(
      'shared.yaml',
      ingress('shared', {
        annotations: annotations({ 'upstream-vhost': 'poison.test' }),
        rules: { 'shared.test': [{ path: '/bad', to: 'own' }] },
      }),
    );
    await eventually(async () => expect(await status('shared.test', '/bad')).to.equal(503));
    expect(await status('shared.test')).to.equal(200);
    stage.write(
      'shared.yaml',
      ingress('shared', { annotations: bad, rules: { 'shared.test': [{ path: '/bad', to: 'own' }] } }),
    );
    await eventually(async () => expect(await status('shared.test')).to.equal(403));
    stage.remove('shared.yaml');
    await served('shared.test');
  });
});

describe('an object that nginx refuses, among live routes, a catch-all and other classes', () => {
  const the = useStage(async (stage) => {
    const { web } = await prepare(stage);
    stage.write('catch-all.yaml', ingress('catch-all', { defaultBackend: 'a' }));
    stage.write('early.yaml', ...site('early', { places: [web], with: { 'upstream-vhost': 'poison.test' } }));
    const program = await stage.start({
      flags: ['--sync-rate-limit=20'],
      env: { NGINX_BINARY: pickyNginx(stage.folder) },
    });
    return { web, program };
  });

  const status = async (host: string) => (await the().program.http(host, '/')).status;
  const write = (name: string, vhost: string, more: object = {}) =>
    the().stage.write(
      `${name}.yaml`,
      ...site(name, { places: [the().web], with: { 'upstream-vhost': vhost }, ...more }),
    );
  const quarantined = () => quarantineOf(the().program).map(({ key }) => key);
  const isServed = (host: string) => eventually(async () => expect(await status(host)).to.equal(200));

  it('is the one that is found at the start', async () => {
    expect(quarantined()).to.deep.equal(['default/early']);
    expect(await status('early.test')).to.equal(503);
    expect(await status('nobody.test')).to.equal(200);
    expect(await status('a.test')).to.equal(200);
  });

  it('is the one that is found later', async () => {
    write('bad', 'poison.test');
    write('good', 'fine.test');
    await eventually(() => expect(quarantined()).to.deep.equal(['default/early', 'default/bad']));
    await isServed('good.test');
    await eventually(async () => expect(await status('bad.test')).to.equal(503));
    expect(await status('nobody.test')).to.equal(200);
  });

  it('is found beside objects that change nothing', async () => {
    const { stage, web } = the();
    stage.write(
      'both.yaml',
      ...site('of-others', { places: [web], className: 'other' }),
      ...site('venom', { places: [web], with: { 'upstream-vhost': 'venom.test' } }),
    );
    await eventually(() => expect(quarantined()).to.include('default/venom'));
    write('after', 'fine.test');
    await isServed('after.test');
    expect(quarantined()).to.not.include('default/of-others');
  });

  it('is found when it comes into force by another object', async () => {
    write('second', 'poison.test', { className: 'second' });
    the().stage.write('second-class.yaml', ingressClass('second'));
    await eventually(() => expect(quarantined()).to.include('default/second'));
    write('third', 'fine.test');
    await isServed('third.test');
  });
});

describe('an object in a cluster that nginx refuses', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web', { address: stage.address() });
    const api = await stage.api();
    const pod = { name: 'controller', namespace: 'ingress-nginx', labels: { app: 'tidegate' } };
    apply(api, ingressClass(), ...siteOf('good', web), { kind: 'Pod', metadata: pod } as FakeObject);
    const program = await stage.start({
      api,
      flags: FLAGS,
      env: { NGINX_BINARY: pickyNginx(stage.folder), POD_NAME: 'controller', POD_NAMESPACE: 'ingress-nginx' },
    });
    return { api, program, web };
  });

  const siteOf = (name: string, web: Backend, vhost = 'fine.test') =>
    site(name, { places: [web], with: { 'upstream-vhost': vhost } }) as readonly FakeObject[];

  it('has an Event with what nginx says and what serves instead', async () => {
    const { api, web } = the();
    apply(api, ...siteOf('bad', web, 'poison.test'));
    await eventually(() => {
      const events = api.list('Event') as readonly EventLike[];
      const told = events.filter(({ reason }) => reason === 'Quarantined');
      expect(told).to.have.length(1);
      expect(told[0]).to.deep.include({
        type: 'Warning',
        message: 'nginx refuses this Ingress: poison (host "bad.test"); its paths answer 503; correct it',
      });
      expect(told[0]?.involvedObject).to.include({ kind: 'Ingress', namespace: 'default', name: 'bad' });
    });
  });
});

type EventLike = FakeObject & {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly involvedObject?: object;
};

describe('a start with objects that nginx refuses', () => {
  const BAD = 50;
  const the = useStage(async (stage) => {
    const { web } = await prepare(stage);
    for (let number = 0; number < 200; number++) {
      const vhost = number % 4 === 1 ? 'poison.test' : 'fine.test';
      const name = `site-${number}`;
      stage.write(`${name}.yaml`, ...site(name, { places: [web], with: { 'upstream-vhost': vhost } }));
    }
    const program = await stage.start({
      flags: FLAGS,
      env: { NGINX_BINARY: pickyNginx(stage.folder) },
    });
    return { program };
  });

  it('is Ready with all others, once each of them is found', async () => {
    const { program } = the();
    expect(quarantineOf(program)).to.have.length(BAD);
    const answers = await Promise.all(
      Array.from(
        { length: 200 },
        async (_, number) => (await program.http(`site-${number}.test`, '/')).status,
      ),
    );
    expect(answers.filter((status) => status === 200)).to.have.length(200 - BAD);
    expect(answers.filter((status) => status === 503)).to.have.length(BAD);
    // All of them are found in one look at the file, which ends after 10 s on slow machines; then another one goes on.
    const looks = program.logLines().filter((line) => line.includes('Unexpected failure'));
    expect(looks.length).to.be.within(1, BAD / 10);
  });
});
