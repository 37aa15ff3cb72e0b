import { expect } from 'chai';
import { makePair } from '../harness/certificates.ts';
import { requestHttp } from '../harness/client.ts';
import { ingress, ingressClass, tlsSecret } from '../harness/objects.ts';
import { pickyNginx } from '../harness/picky-nginx.ts';
import { eventually } from '../harness/poll.ts';
import { freePort } from '../harness/ports.ts';
import { annotations, site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

/** Without tags, and blanks made one. */
const wordsOf = (text: string) => text.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');

describe('the status page of the program', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const pair = await makePair('a.test');
    stage.write('class.yaml', ingressClass());
    stage.write('secret.yaml', tlsSecret('a-tls', pair));
    stage.write(
      'a.yaml',
      ...site('a', {
        places: [web],
        tls: [{ hosts: ['a.test'], secretName: 'a-tls' }],
        with: { 'proxy-read-timeout': '77', 'ssl-redirect': 'false' },
      }),
    );
    stage.write('b.yaml', ...site('b', { places: [web] }));
    const troubled = annotations({ 'proxy-buffering': 'sometimes' });
    stage.write(
      'c.yaml',
      ingress('c', { annotations: troubled, rules: { 'c.test': [{ path: '/', to: 'nobody' }] } }),
    );
    const port = await freePort();
    const program = await stage.start({
      flags: [
        '--sync-rate-limit=20',
        '--live-routes=false',
        '--enable-metrics',
        '--dashboard',
        `--dashboard-address=127.0.0.1:${port}`,
      ],
      env: { NGINX_BINARY: pickyNginx(stage.folder) },
    });
    const get = (path: string) => requestHttp({ port, host: `127.0.0.1:${port}`, path });
    return { program, port, get, pair, web };
  });

  const words = async (path: string) => {
    const { status, text } = await the().get(path);
    expect(status, path).to.equal(200);
    return wordsOf(text);
  };

  it('is told where it is', () => {
    const { program, port } = the();
    expect(program.logLines().filter((line) => line.includes('"Status page"'))[0]).to.include(
      `url="http://127.0.0.1:${port}/"`,
    );
  });

  it('has an overview', async () => {
    const text = await words('/');
    expect(text)
      .to.include('Requests are served')
      .and.include('Last reload good')
      .and.match(/generation \d+ , checksum \d+ , since 2/);
    expect(text).to.match(/Ingresses [34] /);
  });

  it('has hosts with their certificates, endpoints and problems', async () => {
    expect(await words('/hosts?q=a.test')).to.match(
      /a\.test \/ Prefix default\/a default-a-80 default\/a:80 1 .*left/,
    );
    const host = await words('/hosts/c.test');
    expect(host)
      .to.include('default-nobody-80')
      .and.include('annotation-invalid')
      .and.include('service-missing');
    expect(await words('/hosts/a.test')).to.include('proxy-read-timeout 77s');
  });

  it('has backends, certificates and problems', async () => {
    const { web } = the();
    expect(await words('/backends/default-a-80')).to.include(`${web.address}:${web.port} serves`);
    expect(await words('/certificates'))
      .to.include('default/a-tls')
      .and.include('generated default certificate');
    expect(await words('/problems?q=sometimes'))
      .to.include('Ingress default/c')
      .and.include('1 of');
  });

  it('shows what nginx refuses, in quarantine and among generations', async () => {
    const { stage, web, program } = the();
    stage.write('bad.yaml', ...site('bad', { places: [web], with: { 'upstream-vhost': 'poison.test' } }));
    await program.logged(/Object in quarantine/);
    await eventually(async () => expect((await program.http('bad.test', '/')).status).to.equal(503));
    expect(await words('/quarantine')).to.match(/Ingress default\/bad poison .*its paths answer 503 20/);
    await eventually(async () =>
      expect(await words('/hosts/bad.test')).to.include('answers 503: in quarantine'),
    );
    await eventually(async () =>
      expect(await words('/'))
        .to.match(/In quarantine 1 .*/)
        .and.include('Last reload good'),
    );
    const list = await words('/generations');
    expect(list)
      .to.match(/refused – – 1 host added \[emerg\] poison in nginx/)
      .and.match(/proven [\d,]+ ms [\d,]+ ms/);
    const numbers = [...(await the().get('/generations')).text.matchAll(/"\/generations\/(\d+)"/g)].map(
      ([, number]) => number,
    );
    const pages = await Promise.all(numbers.map((number) => words(`/generations/${number}`)));
    expect(pages.filter((page) => page.includes('Server bad.test')).length).to.be.at.least(2);
    expect(pages.some((page) => page.includes('+ server_name &quot;bad.test&quot; ;'))).to.equal(true);
    expect(pages.join('')).to.not.include('poison.test');
  });

  it('counts requests a second', async () => {
    const { program, get } = the();
    await get('/rates');
    let page = '';
    await eventually(async () => {
      expect((await program.http('a.test', '/')).status).to.equal(200);
      page = await words('/rates');
      expect(page).to.include('a.test');
    });
    expect(page).to.match(/[\d.]+ over the last \d+ second/);
    expect(await words('/hosts/a.test')).to.match(/Requests so far [\d,]+/);
  });

  it('shows no key', async () => {
    const { get, pair } = the();
    const secret = pair.key.split('\n')[1] ?? '';
    expect(secret.length).to.be.greaterThan(20);
    for (const path of [
      '/',
      '/hosts',
      '/hosts/a.test',
      '/certificates',
      '/generations',
      '/backends',
      '/problems',
    ])
      expect((await get(path)).text, path).to.not.include(secret);
  });

  it('answers nobody who comes by another name', async () => {
    const { port } = the();
    expect((await requestHttp({ port, host: 'evil.test', path: '/hosts' })).status).to.equal(403);
  });
});

describe('the program without --dashboard', () => {
  const the = useStage(async (stage) => {
    const port = await freePort();
    stage.write('class.yaml', ingressClass());
    await stage.start({ flags: [`--dashboard-address=127.0.0.1:${port}`] });
    return { port };
  });

  it('has no status page', async () => {
    const answer = await requestHttp({ port: the().port, host: 'localhost', path: '/' }).catch(
      (error: unknown) => error,
    );
    expect(answer).to.be.instanceOf(Error).and.have.property('code', 'ECONNREFUSED');
  });
});
