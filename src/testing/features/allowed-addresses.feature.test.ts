import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDns } from '../harness/dns.ts';
import type { FakeObject } from '../fake-api/store.ts';
import { endpoints, ingress, ingressClass, service } from '../harness/objects.ts';
import { site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

describe('--allowed-addresses', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const dns = await startDns(stage.address());
    stage.defer(dns.close);
    dns.set('named.example', { type: 'A', value: '127.0.0.1' });
    dns.set('metadata.example', { type: 'A', value: '169.254.169.254' });
    const resolv = join(stage.folder, 'resolv.conf');
    writeFileSync(resolv, `nameserver ${dns.address}\n`);
    const api = await stage.api();
    api.create(ingressClass());
    const external = (name: string, externalName: string) => {
      const ports = [{ name: 'web', port: 80, targetPort: web.port }];
      api.create(service(name, { type: 'ExternalName', externalName, ports }));
      api.create(ingress(name, { rules: { [`${name}.test`]: [{ to: `${name}:80` }] } }));
    };
    external('literal', '127.0.0.1');
    external('named', 'named.example');
    external('metadata', 'metadata.example');
    external('localhost', 'localhost');
    api.create(service('slices'));
    for (const slice of endpoints('slices', [web])) api.create(slice);
    api.create(ingress('slices', { rules: { 'slices.test': [{ to: 'slices' }] } }));
    const auths = { auth: '127.0.0.1', 'auth-named': 'named.example', 'auth-other': '127.0.0.2' };
    for (const [name, host] of Object.entries(auths)) {
      const annotations = { 'auth-url': `http://${host}:${web.port}/verify` };
      for (const object of site(name, { places: [web], with: annotations })) api.create(object as FakeObject);
    }
    const env = { TIDEGATE_RESOLV_CONF: resolv };
    const strict = await stage.start({ api, env });
    const open = await stage.start({ api, env, flags: ['--allowed-addresses=127.0.0.1,::1'] });
    return { strict, open };
  });

  const statuses: Readonly<Record<string, readonly [strict: number, open: number]>> = {
    slices: [503, 200],
    literal: [503, 200],
    named: [503, 200],
    metadata: [503, 503],
    localhost: [503, 503],
    auth: [503, 200],
    'auth-named': [503, 200],
    'auth-other': [503, 503],
  };
  for (const [host, [strict, open]] of Object.entries(statuses)) {
    it(`${host} answers ${strict} without it, and ${open} with it`, async () => {
      const status = async (which: 'strict' | 'open') =>
        (await the()[which].http(`${host}.test`, '/')).status;
      expect([await status('strict'), await status('open')]).to.deep.equal([strict, open]);
    });
  }
});
