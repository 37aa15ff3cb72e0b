import { request } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import { configMap, ingressClass } from '../harness/objects.ts';
import { site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

const settings = {
  'default-type': 'application/x-mine',
  'use-gzip': 'true',
  'gzip-min-length': '10',
  'gzip-types': 'application/json',
  'gzip-disable': 'MSIE [4-6]\\.|OldBot',
  'proxy-cookie-domain': 'inner.test outer.test',
  'proxy-cookie-path': '/inner/ /outer/',
  'proxy-redirect-from': 'http://inner.test/',
  'proxy-redirect-to': 'https://outer.test/',
  'bind-address': '127.0.0.1,::1',
  'grpc-buffer-size-kb': '8',
  'server-name-hash-max-size': '4096',
  'server-name-hash-bucket-size': '512',
  'map-hash-bucket-size': '512',
  'proxy-headers-hash-max-size': '4096',
  'proxy-headers-hash-bucket-size': '512',
  'variables-hash-max-size': '512',
  'variables-hash-bucket-size': '512',
  'http2-max-field-size': '100',
  'worker-processes': '2',
  'worker-cpu-affinity': '01 10',
  'debug-connections': '192.0.2.1',
  'disable-ipv6-dns': 'true',
};

/** Whether somebody takes a connection. */
function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}

describe('settings of the machine', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web', {
      headers: { location: 'http://inner.test/x', 'set-cookie': 'a=b; Domain=inner.test; Path=/inner/' },
    });
    stage.write('class.yaml', ingressClass(), configMap('settings', settings));
    stage.write('web.yaml', ...site('web', { places: [web] }));
    stage.write(
      'own.yaml',
      ...site('own', {
        places: [web],
        with: {
          'proxy-redirect-from': 'off',
          'proxy-cookie-domain': 'off',
          'proxy-cookie-path': '/inner/ /own/',
        },
      }),
    );
    const other = stage.address();
    return { other, program: await stage.start({ flags: ['--configmap=default/settings'] }) };
  });

  it('redirects and cookies of backends are rewritten, where no Ingress says otherwise', async () => {
    const { program } = the();
    const shared = (await program.http('web.test', '/')).headers;
    expect(shared.location).to.equal('https://outer.test/x');
    expect(shared['set-cookie']).to.deep.equal(['a=b; Domain=outer.test; Path=/outer/']);
    const own = (await program.http('own.test', '/')).headers;
    expect(own.location).to.equal('http://inner.test/x');
    expect(own['set-cookie']).to.deep.equal(['a=b; Domain=inner.test; Path=/own/']);
  });

  const encodingFor = (agent: string) =>
    new Promise<unknown>((resolve, reject) => {
      const headers = { host: 'web.test', 'accept-encoding': 'gzip', 'user-agent': agent };
      request({ port: the().program.ports.http, headers, agent: false }, (response) => {
        response.resume();
        resolve(response.headers['content-encoding']);
      })
        .once('error', reject)
        .end();
    });

  it('some agents get answers as they are', async () => {
    expect(await encodingFor('Mozilla/5.0')).to.equal('gzip');
    expect(await encodingFor('OldBot/1')).to.equal(undefined);
    expect(await encodingFor('Mozilla/4.0 (compatible; MSIE 6.0; Windows)')).to.equal(undefined);
  });

  it('only the addresses are listened on that are named', async () => {
    const { program, other } = the();
    const { http, https } = program.ports;
    for (const port of [http, https]) {
      expect(await listens('127.0.0.1', port)).to.equal(true);
      expect(await listens(other, port)).to.equal(false);
    }
  });

  it('all of them again, after a reload', async () => {
    const { stage, program, other } = the();
    const { 'bind-address': _, ...rest } = settings;
    await program.reloadAfter(() => stage.write('class.yaml', ingressClass(), configMap('settings', rest)));
    expect(await listens(other, program.ports.http)).to.equal(true);
    await program.reloadAfter(() =>
      stage.write('class.yaml', ingressClass(), configMap('settings', settings)),
    );
    expect(await listens(other, program.ports.http)).to.equal(false);
    expect((await program.http('web.test', '/')).status).to.equal(200);
  });

  it('nginx.conf spells them as scripts know it', async () => {
    const text = await the().program.nginxConf();
    for (const line of [
      'worker_cpu_affinity 01 10;',
      'debug_connection 192.0.2.1;',
      'aio threads;',
      'aio_write on;',
      'default_type application/x-mine;',
      String.raw`gzip_disable "MSIE [4-6]\\.|OldBot";`,
      'grpc_buffer_size 8k;',
      'server_names_hash_bucket_size 512;',
      'server_names_hash_max_size 4096;',
      'proxy_headers_hash_bucket_size 512;',
      'proxy_headers_hash_max_size 4096;',
      'variables_hash_bucket_size 512;',
      'variables_hash_max_size 512;',
      'map_hash_bucket_size 512;',
      'ipv6_dns = false,',
    ])
      expect(text).to.include(line);
    expect(text).to.not.include('http2_max_field_size');
  });
});
