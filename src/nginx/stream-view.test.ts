import { expect } from 'chai';
import { environment, nginx122 } from '../testing/builders/environment.ts';
import { configMap, ingress, ingressClass, service, slice } from '../testing/builders/objects.ts';
import { openRealNginx } from '../testing/builders/real-nginx.ts';
import { ownersOfLine } from './owners.ts';
import type { KubeObject } from '../source/objects.ts';
import type { RealNginx } from '../testing/builders/real-nginx.ts';
import { snapshotOf } from '../testing/builders/pipeline.ts';
import { pipeline, render } from '../testing/builders/render.ts';
import type { Environment } from './environment.ts';

const streams = {
  tcp: 'default/tcp',
  udp: 'default/udp',
  reserved: new Map<number, string>(),
  passthrough: false,
  module: 'there' as const,
};
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
    expect(found).to.include(`	## start stream tcp_9000
	server {
		listen 9000;
		listen [::]:9000;
		# In Lua: ngx.var.proxy_upstream_name="tcp-default-web-80"
		set $proxy_upstream_name "tcp-default-web-80";
		proxy_timeout 600s;
		proxy_next_upstream on;
		proxy_next_upstream_timeout 600s;
		proxy_next_upstream_tries 3;
		# Addresses come and go without a reload. nginx asks once more after five seconds.
		resolver 127.0.0.1:10053 valid=1s;
		resolver_timeout 8s;
		set $stream_endpoints "8080.tcp-9000.web.default.endpoints.tidegate:8080";
		proxy_pass $stream_endpoints;
	}
	## end stream tcp_9000
`);
    expect(found).to.not.include('10.0.0.1');
    expect(found).to.include('listen 9001 proxy_protocol;').and.include('\t\tproxy_protocol on;');
    expect(found).to.include('listen [::]:9000 udp;').and.include('\t\tproxy_responses 1;');
  });

  it('has addresses where ports differ', async () => {
    const more = slice({ name: 'more', addresses: ['10.0.0.3'], ports: [{ name: 'http', port: 8081 }] });
    const { text: found } = await render([...objectsOf({}), more], { options: { streams } });
    expect(found).to.include(`	upstream stream_tcp_9000 {
		server 10.0.0.1:8080 max_fails=0;
		server 10.0.0.2:8080 max_fails=0;
		server 10.0.0.3:8081 max_fails=0;
	}
`);
    expect(found).to.include('\t\tproxy_pass stream_tcp_9000;\n\t}\n\t## end stream tcp_9000');
    // That of UDP has one port.
    expect(found).to.not.include('upstream stream_udp_9000');
    expect(found).to.include('"1053.udp-9000.web.default.endpoints.tidegate:1053"');
  });

  it('is the same, by identity, with other endpoints of the same port', async () => {
    const { run } = pipeline({ options: { streams } });
    const others = slice({ addresses: ['10.0.0.9'], ports: [{ name: 'http', port: 8080 }], version: '2' });
    const objects = objectsOf({}).filter(({ kind }) => kind !== 'EndpointSlice');
    const entries = objects.filter(({ metadata }) => metadata.name !== 'udp');
    const first = await run(snapshotOf([...entries, slice({ ports: [{ name: 'http', port: 8080 }] })]));
    const second = await run(snapshotOf([...entries, others]));
    expect(second.generation).to.equal(first.generation);
    expect([...second.model.endpointNames.values()]).to.deep.equal([['10.0.0.9'], ['10.0.0.9']]);
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
    expect((await text()).text).to.include('load_module /usr/lib/nginx/modules/ngx_stream_module.so;');
  });

  describe('with snippets', () => {
    const allowed = { 'allow-snippet-annotations': 'true', 'annotations-risk-level': 'Critical' };
    const written = (name: string, text: string, more: Readonly<Record<string, string>> = {}) =>
      ingress({ name, host: `${name}.test`, annotations: { 'stream-snippet': text, ...more } });
    const shown = async (
      objects: readonly KubeObject[],
      settings: Readonly<Record<string, string>> = allowed,
      machine: Environment = environment(),
    ) =>
      render([ingressClass(), service(), slice(), configMap(settings), ...objects], { environment: machine });

    it('has those of Ingresses in the order of age, canaries too, and that of the ConfigMap last', async () => {
      const objects = [
        written('b', 'geo $b { default 1; }'),
        written('a', 'geo $a { default 1; }', { canary: 'true' }),
      ];
      const { text: found } = await shown(objects, {
        ...allowed,
        'stream-snippet': 'geo $last { default 1; }',
      });
      const order = ['$b', '$a', '$last'].map((name) => found.indexOf(`geo ${name} {`));
      expect(order.toSorted((x, y) => x - y)).to.deep.equal(order);
      expect(order).to.not.include(-1);
      expect(found).to.include('\t## start stream-snippet default/b\n');
    });

    it('knows whose a line is', async () => {
      const { generation, text: found } = await shown([
        written('one', '# ## end stream-snippet default/one\ngeo $one { default 1; }'),
        written('two', 'geo $two { default 1; }'),
      ]);
      const lineOf = (words: string) => found.slice(0, found.indexOf(words)).split('\n').length;
      const owners = (words: string) => ownersOfLine(generation, lineOf(words));
      expect(owners('geo $one')).to.deep.include({ place: 'frame', ingresses: ['default/one'] });
      expect(owners('geo $two')).to.deep.include({ place: 'frame', ingresses: ['default/two'] });
      expect(owners('log_format log_stream')).to.deep.include({ place: 'frame', ingresses: [] });
    });

    it('tells that nginx cannot do it', async () => {
      const objects = [ingressClass(), service(), configMap(allowed), written('a', 'geo $a { default 1; }')];
      const { graph } = await render(objects, { options: { streams: { ...streams, module: 'missing' } } });
      const messages = graph.problems.map(({ message }) => message);
      expect(messages.join()).to.match(/is not used, since nginx has no module for TCP and UDP/);
    });

    it('has none of a denied Ingress, none where they are off, and no block then', async () => {
      const denied = written('a', 'geo $a { default 1; }', { 'whitelist-source-range': 'nonsense' });
      expect((await shown([denied])).text).to.not.include('stream {');
      expect((await shown([written('a', 'geo $a { default 1; }')], {})).text).to.not.include('stream {');
      const without = environment({ features: { ...nginx122, stream: null } });
      expect((await shown([written('a', 'geo $a { default 1; }')], allowed, without)).text).to.not.include(
        'stream {',
      );
    });
  });

  describe('with passthrough', () => {
    const on = { 'ssl-passthrough': 'true' };
    const objects = (settings: Readonly<Record<string, string>> = {}) => [
      ingressClass(),
      configMap(settings),
      service(),
      slice(),
      ...['a.test', `${'b'.repeat(63)}.${'b'.repeat(63)}.${'b'.repeat(63)}.${'b'.repeat(61)}`].map((host) =>
        ingress({ name: `web-${host.slice(0, 1)}`, host, annotations: on }),
      ),
    ];
    const machine = environment({ passthrough: true });
    const options = { streams: { ...streams, tcp: null, udp: null, passthrough: true } };
    const shown = async (settings?: Readonly<Record<string, string>>) =>
      (await render(objects(settings), { environment: machine, options })).text;

    it('has the port of HTTPS in front of http', async () => {
      const found = await shown();
      expect(found).to.include('\t\tlisten 443 reuseport backlog=4096 so_keepalive=on;');
      expect(found).to.include('\t\tlisten [::]:443 reuseport backlog=4096 so_keepalive=on;');
      expect(found).to.include('\t\t"a.test" unix:/var/lib/tidegate/pass/raw.sock;');
      expect(found).to.include('\t\t"a.test" "passthrough_default-web-80";');
      expect(found.match(/^\tupstream passthrough_/gm)).to.have.length(1);
      expect(found).to.include(
        '\t\tlisten unix:/var/lib/tidegate/pass/tls.sock default_server backlog=4096 proxy_protocol ssl;',
      );
      expect(found).to.not.match(/listen (?:\[::\]:)?443 .*ssl/);
      expect(found).to.include('real_ip_header proxy_protocol;').and.include('set_real_ip_from unix:;');
    });

    it('decodes PROXY headers there, within a time', async () => {
      const found = await shown({
        'use-proxy-protocol': 'true',
        'reuse-port': 'false',
        'proxy-real-ip-cidr': '10.0.0.0/8',
        'proxy-protocol-header-timeout': '7s',
      });
      expect(found).to.include('\t\tlisten 443 backlog=4096 so_keepalive=on proxy_protocol;');
      expect(found).to.include('\t\tset_real_ip_from 10.0.0.0/8;\n\t\tproxy_protocol_timeout 7s;');
    });

    for (const [what, settings, header] of [
      ['use-forwarded-headers', { 'use-forwarded-headers': 'true' }, 'X_Forwarded_For_Proxy_Protocol'],
      ['enable-real-ip', { 'enable-real-ip': 'true' }, 'X_Forwarded_For_Proxy_Protocol'],
      ['both of PROXY', { 'enable-real-ip': 'true', 'use-proxy-protocol': 'true' }, 'proxy_protocol'],
    ] as const) {
      it(`takes the address from the right header with ${what}`, async () => {
        expect(await shown(settings)).to.include(`real_ip_header ${header};`);
      });
    }

    it('is taken by the nginx of this machine', async () => {
      const nginx = await openRealNginx();
      try {
        for (const settings of [{}, { 'use-proxy-protocol': 'true', 'use-forwarded-headers': 'true' }]) {
          const local = { ...nginx.environment, passthrough: true };
          expect(await nginx.check(objects(settings), local, options)).to.deep.equal({ ok: true });
        }
      } finally {
        await nginx.close();
      }
    });
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
