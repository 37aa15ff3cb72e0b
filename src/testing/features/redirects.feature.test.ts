import { expect } from 'chai';
import { makePair } from '../harness/certificates.ts';
import { ingress, ingressClass, tlsSecret } from '../harness/objects.ts';
import { site } from '../harness/sites.ts';
import type { annotations } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

type Short = Parameters<typeof annotations>[0];

describe('redirects', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    stage.write('class.yaml', ingressClass());
    const sites: Readonly<Record<string, Short>> = {
      permanent: { 'permanent-redirect': 'https://new.test/x?a=b' },
      'permanent-code': { 'permanent-redirect': '/relative', 'permanent-redirect-code': 308 },
      'permanent-wrong': { 'permanent-redirect': 'https://new.test', 'permanent-redirect-code': 309 },
      temporal: { 'temporal-redirect': 'http://new.test', 'permanent-redirect': 'http://old.test' },
      'temporal-code': { 'temporal-redirect': 'http://new.test', 'temporal-redirect-code': 307 },
      'temporal-wrong': { 'temporal-redirect': 'http://new.test', 'temporal-redirect-code': 308 },
      forced: { 'force-ssl-redirect': true },
      'forced-port': { 'force-ssl-redirect': true, 'use-port-in-redirects': true },
      'forced-permanent': { 'force-ssl-redirect': true, 'permanent-redirect': 'http://new.test' },
      relative: { 'relative-redirects': true },
      app: { 'app-root': '/app' },
      'app-forced': { 'app-root': '/app', 'force-ssl-redirect': true },
    };
    for (const [name, short] of Object.entries(sites))
      stage.write(`${name}.yaml`, ...site(name, { places: [web], with: short }));
    stage.write('slash.yaml', ...site('slash', { places: [web], path: '/dir/' }));
    stage.write(
      'slash-relative.yaml',
      ...site('slash-relative', { places: [web], path: '/dir/', with: { 'relative-redirects': true } }),
    );
    stage.write('main.yaml', ...site('main', { places: [web], with: { 'from-to-www-redirect': true } }));
    stage.write(
      'www.yaml',
      ...site('www', { host: 'www.site.test', places: [web], with: { 'from-to-www-redirect': true } }),
      tlsSecret('www', await makePair('site.test', 'www.site.test')),
      ingress('www-tls', {
        rules: { 'www.site.test': [{ path: '/tls', to: 'www' }] },
        tls: [{ hosts: ['www.site.test'], secretName: 'www' }],
      }),
    );
    stage.write(
      'both.yaml',
      ...site('both', { places: [web], with: { 'from-to-www-redirect': true } }),
      ingress('both-www', { rules: { 'www.both.test': 'both' } }),
    );
    stage.write(
      'alias.yaml',
      ...site('alias', {
        places: [web],
        with: { 'server-alias': 'other.alias.test, *.alias.test,~^re\\d+\\.test$,main.test' },
      }),
    );
    return { program: await stage.start({ flags: ['--sync-rate-limit=20'] }) };
  });

  const rows: readonly (readonly [host: string, path: string, status: number, location?: string])[] = [
    ['permanent.test', '/', 301, 'https://new.test/x?a=b'],
    ['permanent.test', '/any?thing=1', 301, 'https://new.test/x?a=b'],
    ['permanent-code.test', '/', 308, 'http://permanent-code.test/relative'],
    ['permanent-wrong.test', '/', 301, 'https://new.test'],
    ['temporal.test', '/', 302, 'http://new.test'],
    ['temporal-code.test', '/', 307, 'http://new.test'],
    ['temporal-wrong.test', '/', 302, 'http://new.test'],
    ['forced.test', '/', 308, 'https://forced.test'],
    ['forced.test', '/a/?b=c', 308, 'https://forced.test/a/?b=c'],
    ['forced.test', '/a/', 308, 'https://forced.test/a'],
    ['forced-permanent.test', '/', 301, 'http://new.test'],
    ['app.test', '/', 302, 'http://app.test/app'],
    ['app.test', '/?a=b', 302, 'http://app.test/app'],
    ['app.test', '/app', 200],
    ['app-forced.test', '/', 302, 'http://app-forced.test/app'],
    ['slash-relative.test', '/dir', 301, '/dir/'],
    ['both.test', '/', 200],
    ['www.both.test', '/', 200],
    ['alias.test', '/', 200],
    ['other.alias.test', '/', 200],
    ['a.b.alias.test', '/', 200],
    ['re12.test', '/', 200],
    ['rex.test', '/', 404],
  ];
  for (const [host, path, status, location] of rows) {
    it(`${host}${path} gets ${status} ${location ?? ''}`, async () => {
      const answer = await the().program.http(host, path);
      expect(answer.status, answer.text).to.equal(status);
      expect(answer.headers.location).to.equal(location);
    });
  }

  it('names the port of HTTPS when asked to', async () => {
    const { program } = the();
    const answer = await program.http('forced-port.test', '/a');
    expect(answer.headers.location).to.equal(`https://forced-port.test:${program.ports.https}/a`);
  });

  it('leads from one name of a site to the other, always with the port', async () => {
    const { program } = the();
    const answer = await program.http('www.main.test', '/a/?b=c');
    expect(answer.status).to.equal(308);
    expect(answer.headers.location).to.equal(`http://main.test:${program.ports.http}/a/?b=c`);
    const slash = await program.http('www.main.test', '/a/');
    expect(slash.headers.location).to.equal(`http://main.test:${program.ports.http}/a`);
  });

  it('leads away with the certificate of the site when it covers both names', async () => {
    const { program } = the();
    const answer = await program.https('site.test', '/x');
    expect(answer.certificate.names).to.include('DNS:site.test');
    expect(answer.headers.location).to.equal(`https://www.site.test:${program.ports.https}/x`);
  });

  it('an alias that another host has is left out, and its owner told', async () => {
    expect((await the().program.http('main.test', '/')).status).to.equal(200);
    expect(await the().program.logged(/alias-conflict/)).to.include('default/alias');
  });

  it('the file has the words that scripts look for', async () => {
    const { program, stage } = the();
    const { readFileSync } = await import('node:fs');
    const text = readFileSync(`${program.dataDir}/nginx.conf`, 'utf8');
    expect(stage.folder).not.to.equal('');
    for (const words of [
      'if ($uri = /) {',
      'return 302 $scheme://$http_host/app;',
      'return 301 https://new.test/x?a=b;',
      'return 308 $redirect_to;',
      'absolute_redirect off;',
      'server_name "alias.test" "*.alias.test" "other.alias.test" "~^re\\\\d+\\\\.test$" ;',
    ]) {
      expect(text).to.include(words);
    }
  });
});
