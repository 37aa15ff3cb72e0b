import { expect } from 'chai';
import { environment, nginx122 } from '../testing/builders/environment.ts';
import { configMap, ingressClass, service, slice } from '../testing/builders/objects.ts';
import { openRealNginx } from '../testing/builders/real-nginx.ts';
import type { RealNginx } from '../testing/builders/real-nginx.ts';
import { render } from '../testing/builders/render.ts';
import type { Environment } from './environment.ts';

const streams = { tcp: 'default/tcp', udp: 'default/udp', reserved: new Map<number, string>() };
const named = (name: string, data: Readonly<Record<string, string>>) =>
  configMap(data, { namespace: 'default', name });

function objectsOf(settings: Readonly<Record<string, string>>) {
  const ports = [
    { name: 'http', port: 80, targetPort: 8080 },
    { name: 'dns', port: 53, protocol: 'UDP' },
  ];
  return [
    ingressClass(),
    configMap(settings),
    service({ ports }),
    slice({
      addresses: ['10.0.0.1', '10.0.0.2'],
      ports: [
        { name: 'http', port: 8080, protocol: 'TCP' },
        { name: 'dns', port: 1053, protocol: 'UDP' },
      ],
    }),
    named('tcp', { '9000': 'default/web:80', '9001': 'default/web:http:PROXY:PROXY' }),
    named('udp', { '9000': 'default/web:53' }),
  ];
}

function text(settings: Readonly<Record<string, string>> = {}, machine: Environment = environment()) {
  return render(objectsOf(settings), { environment: machine, options: { streams } });
}

const block = async (settings?: Readonly<Record<string, string>>, machine?: Environment) =>
  /^stream \{\n[^]*^\}$/m.exec((await text(settings, machine)).text)?.[0] ?? '';

describe('text about TCP and UDP', () => {
  it('is complete', async () => {
    const found = await block();
    expect(found).to.include(`	upstream stream_tcp_9000 {
		server 10.0.0.1:8080 max_fails=0;
		server 10.0.0.2:8080 max_fails=0;
	}
	server {
		listen 9000;
		listen [::]:9000;
		set $proxy_upstream_name "tcp-default-web-80";
		proxy_timeout 600s;
		proxy_next_upstream on;
		proxy_next_upstream_timeout 600s;
		proxy_next_upstream_tries 3;
		proxy_pass stream_tcp_9000;
	}
`);
    expect(found).to.include('listen 9001 proxy_protocol;').and.include('\t\tproxy_protocol on;');
    expect(found).to.include('listen [::]:9000 udp;').and.include('\t\tproxy_responses 1;');
  });

  for (const [what, settings, line] of [
    ['proxy-stream-timeout', { 'proxy-stream-timeout': '5m' }, 'proxy_timeout 5m;'],
    ['proxy-stream-next-upstream', { 'proxy-stream-next-upstream': 'false' }, 'proxy_next_upstream off;'],
    [
      'proxy-stream-next-upstream-timeout',
      { 'proxy-stream-next-upstream-timeout': '10s' },
      'proxy_next_upstream_timeout 10s;',
    ],
    [
      'proxy-stream-next-upstream-tries',
      { 'proxy-stream-next-upstream-tries': '0' },
      'proxy_next_upstream_tries 0;',
    ],
    ['proxy-stream-responses', { 'proxy-stream-responses': '7' }, 'proxy_responses 7;'],
    ['a bad proxy-stream-responses', { 'proxy-stream-responses': 'x' }, 'proxy_responses 1;'],
    [
      'log-format-stream',
      { 'log-format-stream': "it's $status" },
      String.raw`log_format log_stream 'it\'s $status';`,
    ],
    [
      'stream-access-log-path',
      {
        'access-log-path': '/tmp/a.log',
        'stream-access-log-path': '/tmp/b.log',
        'access-log-params': 'gzip',
      },
      'access_log /tmp/b.log log_stream gzip;',
    ],
    ['access-log-path', { 'access-log-path': '/tmp/a.log' }, 'access_log /tmp/a.log log_stream;'],
    ['disable-stream-access-log', { 'disable-stream-access-log': 'true' }, 'access_log off;'],
    ['disable-access-log', { 'disable-access-log': 'true' }, 'access_log off;'],
    ['error-log-path', { 'error-log-path': '/tmp/e.log' }, 'error_log /tmp/e.log notice;'],
    ['bind-address', { 'bind-address': '192.0.2.1' }, 'listen 192.0.2.1:9000;'],
    [
      'enable-real-ip',
      { 'enable-real-ip': 'true', 'proxy-real-ip-cidr': '10.0.0.0/8' },
      'set_real_ip_from 10.0.0.0/8;',
    ],
  ] as const) {
    it(`shows ${what}`, async () => {
      expect(await block(settings)).to.include(`\t${line}`);
    });
  }

  it('has no IPv6 where it is off', async () => {
    expect(await block({ 'disable-ipv6': 'true' })).to.not.include('[::]');
    expect(await block({}, environment({ ipv6: false }))).to.not.include('[::]');
  });

  it('is not there, and no module, where nginx cannot do it or nobody wants it', async () => {
    const features = { ...nginx122, stream: null };
    const without = (await text({}, environment({ features }))).text;
    expect(without).to.not.include('stream {').and.not.include('stream_module');
    const nobody = (await render([ingressClass()], { options: { streams } })).text;
    expect(nobody).to.not.include('stream {').and.not.include('stream_module');
    expect((await text()).text).to.include('load_module "/usr/lib/nginx/modules/ngx_stream_module.so";');
  });

  describe('for the nginx of this machine', () => {
    let nginx: RealNginx;
    before(async () => {
      nginx = await openRealNginx();
    });
    after(() => nginx.close());

    it('is taken', async () => {
      const settings = {
        'log-format-stream': '$upstream_addr $literal_dollar $proxy_upstream_name',
        'enable-real-ip': 'true',
      };
      const result = await nginx.check(objectsOf(settings), nginx.environment, { streams });
      expect(result).to.deep.equal({ ok: true });
    });
  });
});
