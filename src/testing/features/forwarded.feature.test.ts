import { expect } from 'chai';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Echo } from '../harness/backend.ts';
import { ingressClass } from '../harness/objects.ts';
import { site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

type Headers = Readonly<Record<string, string>>;

interface Row {
  readonly what: string;
  readonly sent: Headers;
  /** Undefined: must be absent. */
  readonly received: Readonly<Record<string, string | undefined>>;
}

interface Case {
  readonly settings: Headers;
  readonly rows: readonly Row[];
}

const CLAIMS = {
  'x-forwarded-for': '203.0.113.7, 198.51.100.1',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'public.test, inner.test',
  'x-forwarded-port': '8443',
};
const OWN = {
  'x-forwarded-for': '127.0.0.1',
  'x-real-ip': '127.0.0.1',
  'x-forwarded-proto': 'http',
  'x-forwarded-scheme': 'http',
  'x-scheme': 'http',
  'x-forwarded-host': 'web.test',
  'x-original-forwarded-for': '203.0.113.7, 198.51.100.1',
  'x-original-forwarded-host': 'public.test, inner.test',
  'x-original-uri': undefined,
};
const BELIEVED = {
  ...OWN,
  'x-forwarded-for': '203.0.113.7',
  'x-real-ip': '203.0.113.7',
  'x-forwarded-proto': 'https',
  'x-forwarded-scheme': 'https',
  'x-scheme': 'https',
  'x-forwarded-host': 'public.test',
  'x-forwarded-port': '8443',
  host: 'public.test',
};

const cases: Readonly<Record<string, Case>> = {
  'by default': {
    settings: {},
    rows: [
      { what: 'claims of clients are replaced', sent: CLAIMS, received: { ...OWN, host: 'web.test' } },
      {
        what: 'an id of the client is kept',
        sent: { 'x-request-id': 'abc' },
        received: { 'x-request-id': 'abc' },
      },
      { what: 'Proxy is dropped', sent: { proxy: 'http://evil.test' }, received: { proxy: undefined } },
    ],
  },
  'with use-forwarded-headers': {
    settings: { 'use-forwarded-headers': 'true', 'proxy-add-original-uri-header': 'true' },
    rows: [
      {
        what: 'claims are believed',
        sent: CLAIMS,
        received: { ...BELIEVED, 'x-original-uri': '/path?a=b' },
      },
      {
        what: 'what is not claimed is as it is',
        sent: {},
        received: {
          'x-forwarded-for': '127.0.0.1',
          'x-forwarded-proto': 'http',
          'x-forwarded-host': 'web.test',
        },
      },
      {
        what: 'nonsense is not believed',
        sent: { 'x-forwarded-proto': '"><', 'x-forwarded-port': 'abc' },
        received: { 'x-forwarded-proto': 'http' },
      },
    ],
  },
  'with senders that are not trusted': {
    settings: { 'use-forwarded-headers': 'true', 'proxy-real-ip-cidr': '10.0.0.0/8' },
    rows: [{ what: 'claims are replaced', sent: CLAIMS, received: { ...OWN, host: 'web.test' } }],
  },
  'with the full list': {
    settings: { 'use-forwarded-headers': 'true', 'compute-full-forwarded-for': 'true' },
    rows: [
      {
        what: 'the sender is appended',
        sent: CLAIMS,
        received: {
          'x-forwarded-for': '203.0.113.7, 198.51.100.1, 127.0.0.1',
          'x-real-ip': '203.0.113.7',
        },
      },
      { what: 'an empty list begins', sent: {}, received: { 'x-forwarded-for': '127.0.0.1' } },
    ],
  },
  'with enable-real-ip and a header of its own': {
    settings: { 'enable-real-ip': 'true', 'forwarded-for-header': 'X-Client-Address' },
    rows: [
      {
        what: 'the address is believed and nothing else',
        sent: { ...CLAIMS, 'x-client-address': '203.0.113.9' },
        received: {
          'x-real-ip': '203.0.113.9',
          'x-forwarded-for': '203.0.113.9',
          'x-forwarded-proto': 'http',
          'x-forwarded-host': 'web.test',
          'x-original-forwarded-for': '203.0.113.9',
        },
      },
    ],
  },
  'without made-up ids': {
    settings: { 'generate-request-id': 'false' },
    rows: [{ what: 'there is none', sent: {}, received: { 'x-request-id': undefined } }],
  },
};

function controllerConfig(data: Headers): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'default' },
    data,
  };
}

const FLAGS = ['--configmap=default/settings', '--sync-rate-limit=20'];

describe('forwarded headers', () => {
  for (const [what, { settings, rows }] of Object.entries(cases)) {
    describe(what, () => {
      const the = useStage(async (stage) => {
        const web = await stage.backend('web');
        stage.write('class.yaml', ingressClass(), controllerConfig(settings));
        stage.write('web.yaml', ...site('web', { places: [web], host: 'web.test' }));
        return { program: await stage.start({ flags: FLAGS }) };
      });

      for (const row of rows) {
        it(row.what, async () => {
          const answer = await the().program.http('web.test', '/path?a=b', { headers: row.sent });
          const { headers } = answer.echo();
          const found = Object.fromEntries(Object.keys(row.received).map((name) => [name, headers[name]]));
          expect(found).to.deep.equal(row.received);
        });
      }
    });
  }

  describe('and the redirect to HTTPS', () => {
    const the = useStage(async (stage) => {
      const web = await stage.backend('web');
      stage.write('class.yaml', ingressClass(), controllerConfig({ 'use-forwarded-headers': 'true' }));
      stage.write('web.yaml', ...site('web', { places: [web], with: { 'force-ssl-redirect': true } }));
      return { program: await stage.start({ flags: FLAGS }) };
    });

    it('follows the scheme and the host that the load balancer tells', async () => {
      const { program } = the();
      const secure = await program.http('web.test', '/', { headers: { 'x-forwarded-proto': 'https' } });
      expect(secure.status).to.equal(200);
      const headers = { 'x-forwarded-proto': 'http', 'x-forwarded-host': 'public.test:8080' };
      const plain = await program.http('web.test', '/a', { headers });
      expect(plain.headers.location).to.equal('https://public.test/a');
    });
  });

  const proxied: Readonly<
    Record<string, { readonly settings: Headers; readonly rows: readonly ProxyRow[] }>
  > = {
    'with the PROXY protocol': {
      settings: { 'use-proxy-protocol': 'true' },
      rows: [
        {
          what: 'the address is that of the PROXY header',
          line: 'PROXY TCP4 203.0.113.7 192.0.2.1 5000 80',
          sent: { 'X-Forwarded-For': '198.51.100.9' },
          received: { 'x-real-ip': '203.0.113.7', 'x-forwarded-for': '203.0.113.7', 'x-scheme': 'http' },
        },
        {
          what: 'port 443 means HTTPS',
          line: 'PROXY TCP4 203.0.113.7 192.0.2.1 5000 443',
          sent: {},
          received: { 'x-scheme': 'https', 'x-forwarded-port': '443' },
        },
        {
          what: 'IPv6 is taken',
          line: 'PROXY TCP6 2001:db8::7 2001:db8::1 5000 80',
          sent: {},
          received: { 'x-real-ip': '2001:db8::7' },
        },
      ],
    },
    'with the PROXY protocol and forwarded headers': {
      settings: {
        'use-proxy-protocol': 'true',
        'use-forwarded-headers': 'true',
        'proxy-real-ip-cidr': '127.0.0.0/8,203.0.113.0/24',
      },
      rows: [
        {
          what: 'a trusted source may name the client',
          line: 'PROXY TCP4 203.0.113.7 192.0.2.1 5000 80',
          sent: { 'X-Forwarded-For': '198.51.100.9' },
          received: { 'x-real-ip': '198.51.100.9', 'x-forwarded-for-proxy-protocol': undefined },
        },
        {
          what: 'another source is the client',
          line: 'PROXY TCP4 192.0.2.66 192.0.2.1 5000 80',
          sent: {
            'X-Forwarded-For': '198.51.100.9',
            'X-Forwarded-For-Proxy-Protocol': '198.51.100.8',
            X_Forwarded_For_Proxy_Protocol: '198.51.100.7',
          },
          received: { 'x-real-ip': '192.0.2.66', x_forwarded_for_proxy_protocol: undefined },
        },
      ],
    },
  };

  interface ProxyRow extends Row {
    readonly line: string;
  }

  for (const [what, { settings, rows }] of Object.entries(proxied)) {
    describe(what, () => {
      const the = useStage(async (stage) => {
        const web = await stage.backend('web');
        stage.write('class.yaml', ingressClass(), controllerConfig(settings));
        stage.write('web.yaml', ...site('web', { places: [web], host: 'web.test' }));
        return { program: await stage.start({ flags: FLAGS }) };
      });

      for (const { what: row, line, sent, received } of rows) {
        it(row, async () => {
          const echo = await throughProxy(the().program.ports.http, line, sent);
          const found = Object.fromEntries(Object.keys(received).map((name) => [name, echo.headers[name]]));
          expect(found).to.deep.equal(received);
        });
      }

      it('a connection without the header is closed', async () => {
        const socket = connect(the().program.ports.http, '127.0.0.1');
        socket.end('GET / HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\n\r\n');
        expect(await text(socket)).to.equal('');
      });
    });
  }
});

async function throughProxy(port: number, line: string, headers: Headers): Promise<Echo> {
  const socket = connect(port, '127.0.0.1');
  const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${line}\r\nGET / HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\n${more.join('')}\r\n`);
  const answer = await text(socket);
  return JSON.parse(/\{.*\}/s.exec(answer)?.[0] ?? 'null') as Echo;
}
