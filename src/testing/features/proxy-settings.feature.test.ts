/** proxy-* of Ingresses, their edges, and what the ConfigMap says where an Ingress says nothing (compat/behaviour.md 16.3). */
import { expect } from 'chai';
import { createServer as createHttp } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { request } from 'node:http';
import { openMutePlace } from '../harness/mute.ts';
import { configMap, ingressClass } from '../harness/objects.ts';
import { freePort } from '../harness/ports.ts';
import { site } from '../harness/sites.ts';
import type { annotations } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';

type Short = Parameters<typeof annotations>[0];

const settings = {
  'proxy-body-size': '1k',
  'proxy-read-timeout': '1',
  'proxy-http-version': '1.0',
  'proxy-buffering': 'on',
  'proxy-buffer-size': '2k',
  'proxy-buffers-number': '3',
  'proxy-max-temp-file-size': '7m',
  'proxy-next-upstream': 'http_404',
  'proxy-next-upstream-tries': '1',
  'proxy-next-upstream-timeout': '9',
  'proxy-connect-timeout': '31',
  'proxy-send-timeout': '32',
  'client-body-buffer-size': '9k',
  'limit-rate': '5000',
  'limit-rate-after': '4000',
};

async function listen(stage: Stage, server: Server): Promise<{ address: string; port: number }> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stage.defer(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { address: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

/** Writes a part of its answer and waits for the word to write the rest. */
async function startHalting(stage: Stage) {
  const waiting: (() => void)[] = [];
  const server = createHttp((_, response) => {
    response.write('first');
    waiting.push(() => response.end(' second'));
  });
  return {
    ...(await listen(stage, server)),
    goOn: () => waiting.splice(0).forEach((tell) => tell()),
  };
}

describe('proxying: Ingress and ConfigMap', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web', { headers: { 'x-large': 'x'.repeat(3000) } });
    const plain = await stage.backend('plain');
    const missing = await stage.backend('missing', { status: 404 });
    const halting = await startHalting(stage);
    const deaf = await listen(stage, createServer({ pauseOnConnect: true }));
    const mute = await openMutePlace();
    stage.defer(mute.close);
    const dead = { address: '127.0.0.1', port: await freePort() };
    const places = { web, plain, missing, halting, deaf, mute, dead };
    const sites: Readonly<Record<string, readonly [readonly (keyof typeof places)[], Short]>> = {
      usual: [['plain'], {}],
      empty: [['plain'], { 'proxy-body-size': '', 'proxy-http-version': '', 'proxy-read-timeout': ' ' }],
      wrong: [['plain'], { 'proxy-body-size': '3kb', 'proxy-http-version': '3', 'proxy-read-timeout': '5s' }],
      larger: [['plain'], { 'proxy-body-size': '2K' }],
      exact: [['plain'], { 'proxy-body-size': '1025' }],
      unlimited: [['plain'], { 'proxy-body-size': '0' }],
      patient: [['plain'], { 'proxy-read-timeout': 20 }],
      'version-1-1': [['plain'], { 'proxy-http-version': '1.1' }],
      'small-buffer': [['web'], {}],
      'large-buffer': [['web'], { 'proxy-buffer-size': '8k' }],
      streaming: [['halting'], { 'proxy-buffering': 'off', 'proxy-read-timeout': 20 }],
      'next-404': [['missing', 'plain'], { 'proxy-next-upstream-tries': 2 }],
      'next-off': [['missing', 'plain'], { 'proxy-next-upstream-tries': 2, 'proxy-next-upstream': 'off' }],
      'next-error': [['dead', 'plain'], { 'proxy-next-upstream-tries': 0, 'proxy-next-upstream': 'error' }],
      'next-posted': [
        ['missing', 'plain'],
        { 'proxy-next-upstream-tries': 2, 'proxy-next-upstream': 'http_404 non_idempotent' },
      ],
      'next-in-time': [
        ['mute', 'plain'],
        {
          'proxy-next-upstream': 'timeout',
          'proxy-next-upstream-tries': 0,
          'proxy-next-upstream-timeout': 20,
          'proxy-connect-timeout': 2,
        },
      ],
      'next-too-late': [
        ['mute'],
        {
          'proxy-next-upstream': 'timeout',
          'proxy-next-upstream-timeout': 1,
          'proxy-connect-timeout': 2,
        },
      ],
      connecting: [['mute'], { 'proxy-connect-timeout': 1 }],
      sending: [
        ['deaf'],
        {
          'proxy-send-timeout': 1,
          'proxy-read-timeout': 20,
          'proxy-body-size': 0,
          'proxy-request-buffering': 'off',
        },
      ],
      written: [
        ['plain'],
        {
          'proxy-connect-timeout': 0,
          'proxy-send-timeout': 42,
          'proxy-buffering': 'off',
          'proxy-buffers-number': 1024,
          'proxy-max-temp-file-size': 0,
          'proxy-next-upstream-timeout': 0,
          'proxy-next-upstream-tries': 3,
          'client-body-buffer-size': '64m',
          'limit-rate': 0,
          'limit-rate-after': 17,
        },
      ],
    };
    stage.write('class.yaml', ingressClass(), configMap('settings', settings));
    for (const [name, [of, short]] of Object.entries(sites))
      stage.write(`${name}.yaml`, ...site(name, { places: of.map((place) => places[place]), with: short }));
    const flags = ['--configmap=default/settings', '--sync-rate-limit=20'];
    return { halting, program: await stage.start({ flags }) };
  });

  const post = (host: string, bytes: number) =>
    the().program.http(`${host}.test`, '/', { method: 'POST', body: 'x'.repeat(bytes) });

  for (const [host, bytes, status] of [
    ['usual', 1024, 200],
    ['usual', 1025, 413],
    ['empty', 1025, 413],
    ['wrong', 1025, 413],
    ['larger', 2048, 200],
    ['larger', 2049, 413],
    ['exact', 1025, 200],
    ['exact', 1026, 413],
    ['unlimited', 3_000_000, 200],
  ] as const) {
    it(`proxy-body-size, ${host}: ${bytes} bytes get ${status}`, async () => {
      expect((await post(host, bytes)).status).to.equal(status);
    });
  }

  for (const [host, version] of [
    ['usual', '1.0'],
    ['empty', '1.0'],
    ['wrong', '1.0'],
    ['version-1-1', '1.1'],
  ] as const) {
    it(`proxy-http-version, ${host}: ${version}`, async () => {
      expect((await the().program.http(`${host}.test`, '/')).echo().version).to.equal(version);
    });
  }

  for (const [host, status] of [
    ['usual', 504],
    ['empty', 504],
    ['wrong', 504],
    ['patient', 200],
  ] as const) {
    it(`proxy-read-timeout, ${host}: an answer after three seconds is ${status}`, async () => {
      expect((await the().program.http(`${host}.test`, '/?delay=3000')).status).to.equal(status);
    });
  }

  it('proxy-connect-timeout: who takes no connection is 504', async () => {
    expect((await the().program.http('connecting.test', '/')).status).to.equal(504);
  });

  it('proxy-send-timeout: who reads nothing is 504', async () => {
    expect((await post('sending', 16_000_000)).status).to.equal(504);
  });

  it('proxy-buffer-size: a large header needs a large buffer', async () => {
    const { program } = the();
    expect((await program.http('small-buffer.test', '/')).status).to.equal(502);
    expect((await program.http('large-buffer.test', '/')).status).to.equal(200);
  });

  it('proxy-buffering off: the client has the first part before the endpoint writes the second', async () => {
    const { program, halting } = the();
    const text = await new Promise<string>((resolve, reject) => {
      const sent = request({ port: program.ports.http, headers: { host: 'streaming.test' }, agent: false });
      sent.once('error', reject).once('response', (response) => {
        let all = '';
        response.on('data', (chunk: Buffer) => {
          all += chunk.toString();
          halting.goOn();
        });
        response.once('end', () => resolve(all)).once('error', reject);
      });
      sent.end();
    });
    expect(text).to.equal('first second');
  });

  async function statuses(host: string, method = 'GET'): Promise<readonly number[]> {
    const found = new Set<number>();
    for (let time = 0; time < 12; time++) {
      found.add((await the().program.http(`${host}.test`, '/', { method })).status);
    }
    return [...found].sort();
  }

  for (const [host, method, wanted, why] of [
    ['next-404', 'GET', [200], 'the list of the ConfigMap'],
    ['next-404', 'POST', [200, 404], 'what changes something is not repeated'],
    ['next-off', 'GET', [200, 404], 'off instead of the list of the ConfigMap'],
    ['next-error', 'GET', [200], 'a list of its own, tries without an end'],
    ['next-posted', 'POST', [200], 'non_idempotent'],
    ['next-in-time', 'GET', [200], 'there is time for another try'],
    ['next-too-late', 'GET', [504], 'no time for another try'],
  ] as const) {
    it(`proxy-next-upstream, ${host}: ${method} gets ${wanted.join(' or ')}, ${why}`, async function () {
      this.timeout(120_000);
      expect(await statuses(host, method)).to.deep.equal(wanted);
    });
  }

  it('what cannot be seen in answers stands in nginx.conf', async () => {
    const text = await the().program.nginxConf();
    const start = text.indexOf('## start server written.test');
    const location = text.slice(start, text.indexOf('## end server written.test'));
    const usual = [
      'proxy_connect_timeout 31s;',
      'proxy_send_timeout 32s;',
      'proxy_read_timeout 1s;',
      'proxy_buffering on;',
      'proxy_buffer_size 2k;',
      'proxy_buffers 3 2k;',
      'proxy_max_temp_file_size 7m;',
      'proxy_next_upstream http_404 ;',
      'proxy_next_upstream_timeout 9;',
      'client_body_buffer_size 9k;',
      'limit_rate 5000k;',
      'limit_rate_after 4000k;',
    ];
    const own = [
      'proxy_connect_timeout 0s;',
      'proxy_send_timeout 42s;',
      'proxy_buffering off;',
      'proxy_buffers 1024 2k;',
      'proxy_max_temp_file_size 0;',
      'proxy_next_upstream_timeout 0;',
      'proxy_next_upstream_tries 3;',
      'client_body_buffer_size 64m;',
      'limit_rate 0k;',
      'limit_rate_after 17k;',
    ];
    for (const words of usual) expect(text.slice(0, text.indexOf('## start server'))).to.include(words);
    for (const words of own) expect(location).to.include(words);
  });
});
