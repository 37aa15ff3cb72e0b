import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { startFastcgi } from '../harness/fastcgi.ts';
import type { Params } from '../harness/fastcgi.ts';
import { configMap, ingress, ingressClass } from '../harness/objects.ts';
import { annotations, site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';

type Short = Parameters<typeof annotations>[0];

const elsewhere = (name: string, data: Readonly<Record<string, string>>) => ({
  ...configMap(name, data),
  metadata: { name, namespace: 'elsewhere' },
});

/** Lets everybody in, and says who it is. */
async function startAuthentication(stage: Stage): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(200, { 'x-user': 'anna' }).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stage.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe('FastCGI', () => {
  const the = useStage(async (stage) => {
    const place = await startFastcgi(stage);
    const sites: Readonly<Record<string, Short>> = {
      plain: {},
      index: { 'fastcgi-index': 'index.php', 'fastcgi-params-configmap': 'php' },
      params: { 'fastcgi-params-configmap': 'php' },
      named: { 'fastcgi-params-configmap': 'default/php' },
      missing: { 'fastcgi-params-configmap': 'nobody' },
      slashes: { 'fastcgi-params-configmap': 'a/b/c' },
      foreign: { 'fastcgi-params-configmap': 'elsewhere/far', 'fastcgi-index': 'index.php' },
      'bad-value': { 'fastcgi-params-configmap': 'bad-value' },
      'bad-variable': { 'fastcgi-params-configmap': 'bad-variable' },
      'bad-name': { 'fastcgi-params-configmap': 'bad-name' },
      'bad-index': { 'fastcgi-index': '../x' },
      'bad-reference': { 'fastcgi-params-configmap': 'a b' },
      asking: { 'auth-url': await startAuthentication(stage), 'auth-response-headers': 'X-User' },
      vhost: { 'upstream-vhost': 'inner.test' },
      edited: { 'fastcgi-params-configmap': 'edited' },
    };
    stage.write(
      'objects.yaml',
      ingressClass(),
      configMap('php', {
        SCRIPT_FILENAME: '/srv${fastcgi_script_name}',
        REDIRECT_STATUS: '201',
        EMPTY: '',
        'app.mode': 'a-b_c',
      }),
      configMap('bad-value', { GOOD: 'x', SCRIPT_FILENAME: '"; include /etc/passwd' }),
      configMap('bad-variable', { SCRIPT_FILENAME: '/srv$nobody' }),
      configMap('bad-name', { 'SCRIPT FILENAME': '/x' }),
      elsewhere('far', { SCRIPT_FILENAME: '/far' }),
    );
    stage.write('edited.yaml', configMap('edited', { STATE: 'old' }));
    stage.write('settings.yaml', configMap('settings', {}));
    for (const [name, short] of Object.entries(sites))
      stage.write(
        `site-${name}.yaml`,
        ...site(name, { places: [place], with: { 'backend-protocol': 'FCGI', ...short } }),
      );
    stage.write(
      'rewritten.yaml',
      ingress('rewritten', {
        annotations: annotations({ 'backend-protocol': 'FCGI', 'rewrite-target': '/app.php' }),
        rules: { 'rewritten.test': [{ path: '/x', type: 'ImplementationSpecific', to: 'plain' }] },
      }),
    );
    return {
      program: await stage.start({ flags: ['--configmap=default/settings', '--sync-rate-limit=20'] }),
    };
  });
  const ask = async (host: string, path = '/', headers = {}) => {
    const answer = await the().program.http(`${host}.test`, path, { headers });
    return answer.status === 200 ? (JSON.parse(answer.text) as Params) : { status: String(answer.status) };
  };

  it('sends the usual parameters', async () => {
    const { program } = the();
    const params = await ask('plain', '/dir/x.php?a=b');
    expect(params).to.include({
      QUERY_STRING: 'a=b',
      REQUEST_METHOD: 'GET',
      SCRIPT_NAME: '/dir/x.php',
      REQUEST_URI: '/dir/x.php?a=b',
      SERVER_PROTOCOL: 'HTTP/1.1',
      GATEWAY_INTERFACE: 'CGI/1.1',
      REMOTE_ADDR: '127.0.0.1',
      SERVER_PORT: String(program.ports.http),
      SERVER_NAME: 'plain.test',
      REDIRECT_STATUS: '200',
      HTTP_HOST: 'plain.test',
    });
    expect(params).to.not.have.property('SCRIPT_FILENAME');
  });

  for (const host of ['params', 'named']) {
    it(`${host}: those of the ConfigMap come along, instead of usual ones`, async () => {
      expect(await ask(host, '/x.php')).to.include({
        SCRIPT_FILENAME: '/srv/x.php',
        REDIRECT_STATUS: '201',
        EMPTY: '',
        'app.mode': 'a-b_c',
      });
    });
  }

  it('an index stands for a slash at the end', async () => {
    expect(await ask('index', '/dir/')).to.include({
      SCRIPT_NAME: '/dir/index.php',
      SCRIPT_FILENAME: '/srv/dir/index.php',
    });
    expect(await ask('params', '/dir/')).to.include({ SCRIPT_NAME: '/dir/' });
  });

  it('a rewrite names the script', async () => {
    expect(await ask('rewritten', '/x/y')).to.include({ SCRIPT_NAME: '/app.php', REQUEST_URI: '/x/y' });
  });

  it('says who the client is, whatever it says itself', async () => {
    const lies = {
      'x-real-ip': '1.1.1.1',
      'x-forwarded-for': '1.1.1.1',
      'x-forwarded-proto': 'https',
      'x-user': 'root',
      proxy: 'http://evil.test',
      'x-custom': 'kept',
    };
    const params = await ask('asking', '/', lies);
    expect(params).to.not.have.property('HTTP_PROXY');
    expect(params).to.include({
      HTTP_X_REAL_IP: '127.0.0.1',
      HTTP_X_FORWARDED_FOR: '127.0.0.1',
      HTTP_X_ORIGINAL_FORWARDED_FOR: '1.1.1.1',
      HTTP_X_FORWARDED_PROTO: 'http',
      HTTP_X_USER: 'anna',
      HTTP_X_CUSTOM: 'kept',
    });
    expect(await ask('vhost')).to.include({ HTTP_HOST: 'inner.test', HTTP_X_FORWARDED_HOST: 'vhost.test' });
  });

  const closed: readonly (readonly [host: string, status: string, told: RegExp])[] = [
    ['missing', '503', /fastcgi-params-invalid.*default\/nobody does not exist/],
    ['slashes', '503', /fastcgi-params-invalid.*is not the name of a ConfigMap/],
    ['bad-value', '503', /fastcgi-params-invalid.*SCRIPT_FILENAME\\" with characters/],
    ['bad-variable', '503', /fastcgi-params-invalid.*uses \\"\$nobody\\"/],
    ['bad-name', '503', /fastcgi-params-invalid.*no name of a parameter/],
    // These are left out, so that nobody has the host.
    ['bad-index', '404', /annotation-invalid.*is not the name of a file/],
    ['bad-reference', '404', /annotation-invalid.*is not the name of a ConfigMap/],
  ];
  for (const [host, status, told] of closed) {
    it(`${host}: ${status}, and the owner is told`, async () => {
      expect(await ask(host)).to.deep.equal({ status });
      const lines = the()
        .program.logLines()
        .filter((line) => line.includes(`default/${host}"`));
      expect(lines.join('\n')).to.match(told);
    });
  }

  it('of another namespace nothing is taken, nor the index, until the ConfigMap allows it', async () => {
    const { stage, program } = the();
    const before = await ask('foreign', '/dir/');
    expect(before).to.include({ SCRIPT_NAME: '/dir/' }).and.not.have.property('SCRIPT_FILENAME');
    await program.reloadAfter(() =>
      stage.write('settings.yaml', configMap('settings', { 'allow-cross-namespace-resources': 'true' })),
    );
    expect(await ask('foreign', '/dir/')).to.include({
      SCRIPT_NAME: '/dir/index.php',
      SCRIPT_FILENAME: '/far',
    });
  });

  it('an edit of the ConfigMap counts at once', async () => {
    const { stage, program } = the();
    expect(await ask('edited')).to.include({ STATE: 'old' });
    await program.reloadAfter(() => stage.write('edited.yaml', configMap('edited', { STATE: 'new' })));
    expect(await ask('edited')).to.include({ STATE: 'new' });
    await program.reloadAfter(() => stage.remove('edited.yaml'));
    expect(await ask('edited')).to.deep.equal({ status: '503' });
  });

  it('nginx.conf spells it as scripts know it', async () => {
    const text = (await the().program.nginxConf()).replaceAll(/\s+/g, ' ');
    const part = text.slice(
      text.indexOf('## start server index.test'),
      text.indexOf('## end server index.test'),
    );
    for (const line of [
      'fastcgi_pass upstream_balancer;',
      'include /etc/nginx/fastcgi_params;',
      'fastcgi_index "index.php";',
      'fastcgi_param SCRIPT_FILENAME "/srv${fastcgi_script_name}";',
      'fastcgi_param REDIRECT_STATUS "201";',
    ])
      expect(part).to.include(line);
  });
});
