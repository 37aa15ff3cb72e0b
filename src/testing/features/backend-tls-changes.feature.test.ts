import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { configMap, ingressClass, secret } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import { startTlsBackend } from '../harness/tls-backend.ts';
import type { Seen } from '../harness/tls-backend.ts';
import { makePeople, secretsOf, verified } from './inner-tls.ts';
import type { Short } from './inner-tls.ts';

describe('TLS with endpoints that changes', () => {
  const the = useStage(async (stage) => {
    const people = await makePeople();
    const place = await startTlsBackend(stage, people.server);
    stage.write('class.yaml', ingressClass());
    stage.write('secret.yaml', secretsOf(people)[0] ?? {});
    const write = (short: Short) =>
      stage.write(
        'web.yaml',
        ...site('web', { places: [place], with: { 'backend-protocol': 'HTTPS', ...short } }),
      );
    write(verified('both'));
    const settings = (data: Readonly<Record<string, string>>) =>
      stage.write('settings.yaml', configMap('settings', data));
    settings({});
    return {
      ...people,
      write,
      settings,
      program: await stage.start({ flags: ['--configmap=default/settings'] }),
    };
  });
  const ask = async () => {
    const answer = await the().program.http('web.test', '/');
    return answer.status === 200 ? (JSON.parse(answer.text) as Seen).subject : answer.status;
  };
  const holding = (data: Readonly<Record<string, string>>) => secret('both', data);

  it('a renewed certificate is shown', async () => {
    const { stage, program, ours } = the();
    expect(await ask()).to.equal('proxy');
    const next = await ours.issue('CN=next');
    const data = { 'ca.crt': ours.certificate, 'tls.crt': next.certificate, 'tls.key': next.key };
    await program.reloadAfter(() => stage.write('secret.yaml', holding(data)));
    expect(await ask()).to.equal('next');
  });

  it('another authority beside the same certificate counts', async () => {
    const { stage, program, ours, theirs, proxy } = the();
    const pair = { 'tls.crt': proxy.certificate, 'tls.key': proxy.key };
    await program.reloadAfter(() =>
      stage.write('secret.yaml', holding({ 'ca.crt': theirs.certificate, ...pair })),
    );
    expect(await ask()).to.equal(502);
    await program.reloadAfter(() =>
      stage.write('secret.yaml', holding({ 'ca.crt': ours.certificate, ...pair })),
    );
    expect(await ask()).to.equal('proxy');
  });

  it('a Secret that goes closes the Ingress, and opens it when it comes back', async () => {
    const { stage, program, ours } = the();
    await program.reloadAfter(() => stage.remove('secret.yaml'));
    expect(await ask()).to.equal(503);
    await program.reloadAfter(() => stage.write('secret.yaml', holding({ 'ca.crt': ours.certificate })));
    expect(await ask()).to.equal(null);
  });

  it('proxy-ssl-location-only takes it out of the server', async () => {
    const { program, settings } = the();
    const beforeLocations = async () =>
      /## start server web.test[^]*?location /.exec(await program.nginxConf())?.[0];
    expect(await beforeLocations()).to.include('proxy_ssl_verify on;');
    await program.reloadAfter(() => settings({ 'proxy-ssl-location-only': 'true' }));
    expect(await beforeLocations()).to.not.include('proxy_ssl_');
    expect(await ask()).to.equal(null);
  });

  it('its file is for the owner only, and goes with the annotation', async () => {
    const { program, write } = the();
    const folder = join(program.dataDir, 'ssl');
    expect((await stat(join(folder, 'default-both.pem'))).mode & 0o777).to.equal(0o600);
    await program.reloadAfter(() => write({}));
    await eventually(async () => expect(await readdir(folder)).to.not.include('default-both.pem'));
    expect(await ask()).to.equal(null);
  });
});
