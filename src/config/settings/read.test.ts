import { expect } from 'chai';
import { readSettings } from './read.ts';
import { settingsTable } from './table.ts';
import type { Settings } from './table.ts';

const defaults = readSettings({}).settings;

const GZIP_TYPES = [
  'application/atom+xml',
  'application/javascript',
  'application/x-javascript',
  'application/json',
  'application/rss+xml',
  'application/vnd.ms-fontobject',
  'application/x-font-ttf',
  'application/x-web-app-manifest+json',
  'application/xhtml+xml',
  'application/xml',
  'font/opentype',
  'image/svg+xml',
  'image/x-icon',
  'text/css',
  'text/javascript',
  'text/plain',
  'text/x-component',
];

const LOG_FORMAT =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id';

describe('readSettings', () => {
  it('gives the defaults of ingress-nginx for an empty ConfigMap', () => {
    expect(defaults).to.deep.equal({
      enableOpentelemetry: false,
      opentelemetryConfig: '/etc/ingress-controller/telemetry/opentelemetry.toml',
      opentelemetryOperationName: null,
      opentelemetryTrustIncomingSpan: true,
      otlpCollectorHost: null,
      otlpCollectorPort: 4317,
      otelServiceName: 'nginx',
      otelSampler: 'AlwaysOn',
      otelSamplerRatio: 0.01,
      otelSamplerParentBased: true,
      otelMaxQueuesize: 2048,
      otelScheduleDelayMillis: 5000,
      otelMaxExportBatchSize: 512,
      proxyConnectTimeout: '5s',
      proxySendTimeout: '60s',
      proxyReadTimeout: '60s',
      proxyBodySize: '1m',
      proxyBufferSize: '4k',
      proxyBuffersNumber: 4,
      proxyBusyBuffersSize: null,
      proxyBuffering: 'off',
      proxyRequestBuffering: 'on',
      proxyMaxTempFileSize: '1024m',
      proxyHttpVersion: '1.1',
      proxyNextUpstream: ['error', 'timeout'],
      proxyNextUpstreamTimeout: 0,
      proxyNextUpstreamTries: 3,
      clientBodyBufferSize: '8k',
      clientHeaderBufferSize: '1k',
      clientHeaderTimeout: '60s',
      clientBodyTimeout: '60s',
      sslRedirect: true,
      forceSslRedirect: false,
      preserveTrailingSlash: false,
      httpRedirectCode: '308',
      noTlsRedirectLocations: ['/.well-known/acme-challenge'],
      hsts: true,
      hstsMaxAge: 31_536_000,
      hstsIncludeSubdomains: true,
      hstsPreload: false,
      keepAlive: 75,
      keepAliveRequests: 1000,
      upstreamKeepaliveConnections: 320,
      upstreamKeepaliveTime: '1h',
      upstreamKeepaliveTimeout: 60,
      upstreamKeepaliveRequests: 10_000,
      workerProcesses: 'auto',
      loadBalance: 'round_robin',
      serviceUpstream: false,
      maxWorkerConnections: 16_384,
      workerShutdownTimeout: '240s',
      serverTokens: false,
      useHttp2: true,
      sslProtocols: ['TLSv1.2', 'TLSv1.3'],
      errorLogLevel: 'notice',
      disableAccessLog: false,
      disableHttpAccessLog: false,
      accessLogPath: null,
      httpAccessLogPath: null,
      accessLogParams: [],
      skipAccessLogUrls: [],
      enableAccessLogForDefaultBackend: false,
      errorLogPath: null,
      logFormatUpstream: { pieces: [LOG_FORMAT], unknown: [] },
      logFormatEscapeJson: false,
      logFormatEscapeNone: false,
      proxyProtocolHeaderTimeout: '5s',
      proxyStreamTimeout: '600s',
      proxyStreamNextUpstream: true,
      proxyStreamNextUpstreamTimeout: '600s',
      proxyStreamNextUpstreamTries: 3,
      proxyStreamResponses: 1,
      disableStreamAccessLog: false,
      streamAccessLogPath: null,
      logFormatStream: {
        pieces: ['[$remote_addr] [$time_local] $protocol $status $bytes_sent $bytes_received $session_time'],
        unknown: [],
      },
      enableSyslog: false,
      syslogHost: null,
      syslogPort: 514,
      allowSnippetAnnotations: false,
      annotationsRiskLevel: 'High',
      mainSnippet: '',
      httpSnippet: '',
      serverSnippet: '',
      locationSnippet: '',
      streamSnippet: '',
      globalAuthSnippet: '',
      addHeaders: '',
      proxySetHeaders: '',
      globalAllowedResponseHeaders: [],
      enableModsecurity: false,
      enableOwaspModsecurityCrs: false,
      modsecuritySnippet: '',
      customHttpErrors: [],
      disableProxyInterceptErrors: false,
      annotationValueWordBlocklist: [],
      strictValidatePathType: true,
      retryNonIdempotent: false,
      usePortInRedirects: false,
      relativeRedirects: false,
      useForwardedHeaders: false,
      computeFullForwardedFor: false,
      forwardedForHeader: 'X-Forwarded-For',
      forwardedHostHeader: 'X-Forwarded-Host',
      enableRealIp: false,
      proxyRealIpCidr: ['0.0.0.0/0'],
      useProxyProtocol: false,
      forwardedForProxyProtocolHeader: 'X-Forwarded-For-Proxy-Protocol',
      proxyAddOriginalUriHeader: false,
      generateRequestId: true,
      whitelistSourceRange: [],
      denylistSourceRange: [],
      limitRate: 0,
      limitRateAfter: 0,
      limitReqStatusCode: 503,
      limitConnStatusCode: 503,
      globalAuthUrl: null,
      globalAuthMethod: null,
      globalAuthSignin: null,
      globalAuthSigninRedirectParam: null,
      globalAuthResponseHeaders: [],
      globalAuthRequestRedirect: null,
      globalAuthCacheKey: null,
      globalAuthCacheDuration: [['200', '202', '401', '5m']],
      globalAuthAlwaysSetCookie: false,
      noAuthLocations: ['/.well-known/acme-challenge'],
      enableAuthAccessLog: false,
      largeClientHeaderBuffers: ['4', '8k'],
      enableUnderscoresInHeaders: false,
      ignoreInvalidHeaders: true,
      hideHeaders: [],
      allowBackendServerHeader: false,
      http2MaxConcurrentStreams: 128,
      useGzip: false,
      gzipLevel: 1,
      gzipMinLength: 256,
      gzipTypes: GZIP_TYPES,
      reusePort: true,
      enableMultiAccept: true,
      disableIpv6: false,
      maxWorkerOpenFiles: 0,
      blockCidrs: [],
      blockUserAgents: [],
      blockReferers: [],
      sslCiphers:
        'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256',
      sslEcdhCurve: 'auto',
      sslDhParam: null,
      sslEarlyData: false,
      sslSessionCache: true,
      sslSessionCacheSize: '10m',
      sslSessionTimeout: '10m',
      sslSessionTickets: false,
      sslSessionTicketKey: null,
      sslBufferSize: '4k',
      enableOcsp: false,
      allowCrossNamespaceResources: false,
      sslRejectHandshake: false,
      proxySslLocationOnly: false,
      workerCpuAffinity: [],
      debugConnections: [],
      bindAddress: [],
      bindAddressIpv4: [],
      bindAddressIpv6: [],
      disableIpv6Dns: null,
      serverNameHashMaxSize: 1024,
      serverNameHashBucketSize: 0,
      mapHashBucketSize: 64,
      proxyHeadersHashMaxSize: 512,
      proxyHeadersHashBucketSize: 64,
      variablesHashMaxSize: 2048,
      variablesHashBucketSize: 256,
      http2MaxFieldSize: 0,
      http2MaxHeaderSize: 0,
      http2MaxRequests: 0,
      defaultType: 'text/html',
      enableAioWrite: true,
      grpcBufferSizeKb: 0,
      gzipDisable: null,
      proxyCookieDomain: ['off'],
      proxyCookiePath: ['off'],
      proxyRedirectFrom: ['off'],
      proxyRedirectTo: ['off'],
      enableSerialReloads: false,
      luaSharedDicts: [],
      limitConnZoneVariable: '$binary_remote_addr',
      nginxStatusIpv4Whitelist: ['127.0.0.1'],
      nginxStatusIpv6Whitelist: ['::1'],
      enableBrotli: false,
      brotliLevel: 4,
      brotliMinLength: 20,
      brotliTypes: ['application/xml+rss', ...GZIP_TYPES],
      useGeoip2: { kind: 'off' },
      geoip2AutoreloadInMinutes: 0,
      appRoot: '',
      upstreamHashBy: '',
      upstreamHashBySubset: false,
      upstreamHashBySubsetSize: 0,
      globalExternalAuth: '',
    });
  });

  const good: readonly (readonly [string, string, keyof Settings, unknown])[] = [
    ['proxy-connect-timeout', '7', 'proxyConnectTimeout', '7s'],
    ['proxy-body-size', '8G', 'proxyBodySize', '8G'],
    ['proxy-body-size', ' 8m\n', 'proxyBodySize', '8m'],
    ['proxy-buffers-number', '2', 'proxyBuffersNumber', 2],
    ['proxy-next-upstream', 'error  http_502', 'proxyNextUpstream', ['error', 'http_502']],
    ['proxy-next-upstream', 'off', 'proxyNextUpstream', ['off']],
    ['ssl-redirect', 'F', 'sslRedirect', false],
    ['ssl-redirect', '0', 'sslRedirect', false],
    ['http-redirect-code', '301', 'httpRedirectCode', '301'],
    ['no-tls-redirect-locations', '/a, /b,', 'noTlsRedirectLocations', ['/a', '/b']],
    ['no-tls-redirect-locations', '', 'noTlsRedirectLocations', []],
    ['keep-alive', '0', 'keepAlive', 0],
    ['upstream-keepalive-connections', '0', 'upstreamKeepaliveConnections', 0],
    ['worker-processes', '12', 'workerProcesses', '12'],
    ['worker-shutdown-timeout', '500ms', 'workerShutdownTimeout', '500ms'],
    ['ssl-protocols', 'TLSv1.3', 'sslProtocols', ['TLSv1.3']],
    ['proxy-real-ip-cidr', '10.0.0.0/8, 2001:db8::/32', 'proxyRealIpCidr', ['10.0.0.0/8', '2001:db8::/32']],
    ['forwarded-for-header', 'CF-Connecting-IP', 'forwardedForHeader', 'CF-Connecting-IP'],
    ['load-balance', 'ewma', 'loadBalance', 'ewma'],
    ['large-client-header-buffers', '8 32k', 'largeClientHeaderBuffers', ['8', '32k']],
    [
      'block-user-agents',
      'AlphaBot,~*chrome\\/68\\.0\\ safari',
      'blockUserAgents',
      ['AlphaBot', '~*chrome\\/68\\.0\\ safari'],
    ],
    ['hide-headers', 'X-A, X-B', 'hideHeaders', ['X-A', 'X-B']],
    ['worker-cpu-affinity', 'auto 0011', 'workerCpuAffinity', ['auto', '0011']],
    ['worker-cpu-affinity', '0101 1010', 'workerCpuAffinity', ['0101', '1010']],
    ['debug-connections', '10.0.0.1, 2001:db8::/32', 'debugConnections', ['10.0.0.1', '2001:db8::/32']],
    ['bind-address', '10.0.0.1, 2001:DB8:0::1', 'bindAddress', ['10.0.0.1', '[2001:db8::1]']],
    ['bind-address-ipv6', '[::1]', 'bindAddressIpv6', ['[::1]']],
    ['disable-ipv6-dns', 'false', 'disableIpv6Dns', false],
    ['default-type', 'application/json', 'defaultType', 'application/json'],
    ['gzip-disable', 'msie6', 'gzipDisable', 'msie6'],
    ['proxy-cookie-path', '/one/ /', 'proxyCookiePath', ['/one/', '/']],
    ['grpc-buffer-size-kb', '8', 'grpcBufferSizeKb', 8],
    ['enable-serial-reloads', 'true', 'enableSerialReloads', true],
    [
      'lua-shared-dicts',
      'my_cache: 5, other : 512k,certificate_data:40m, my_cache:1024K',
      'luaSharedDicts',
      [
        { name: 'certificate_data', size: '40M', isFixed: true },
        { name: 'my_cache', size: '1M', isFixed: false },
        { name: 'other', size: '512K', isFixed: false },
      ],
    ],
    [
      'lua-shared-dicts',
      'a:64k,b:200m',
      'luaSharedDicts',
      [
        { name: 'a', size: '64K', isFixed: false },
        { name: 'b', size: '200M', isFixed: false },
      ],
    ],
    [
      'limit-conn-zone-variable',
      '$http_x_user$server_name',
      'limitConnZoneVariable',
      '$http_x_user$server_name',
    ],
    [
      'nginx-status-ipv4-whitelist',
      '10.0.0.0/8, 127.0.0.1',
      'nginxStatusIpv4Whitelist',
      ['10.0.0.0/8', '127.0.0.1'],
    ],
    ['nginx-status-ipv4-whitelist', '', 'nginxStatusIpv4Whitelist', []],
    ['nginx-status-ipv6-whitelist', '2001:db8::/32', 'nginxStatusIpv6Whitelist', ['2001:db8::/32']],
    ['enable-brotli', 'true', 'enableBrotli', true],
    ['brotli-level', '11', 'brotliLevel', 11],
    ['brotli-min-length', '24', 'brotliMinLength', 24],
    [
      'brotli-types',
      'application/octet-stream text/css',
      'brotliTypes',
      ['application/octet-stream', 'text/css'],
    ],
    ['use-geoip2', 'true', 'useGeoip2', { kind: 'on', version: 0 }],
    ['geoip2-autoreload-in-minutes', '5', 'geoip2AutoreloadInMinutes', 5],
    ['app-root', '/app', 'appRoot', '/app'],
    ['upstream-hash-by', '$request_uri', 'upstreamHashBy', '$request_uri'],
    ['upstream-hash-by-subset', 'true', 'upstreamHashBySubset', true],
    ['upstream-hash-by-subset-size', '3', 'upstreamHashBySubsetSize', 3],
    ['global-external-auth', 'x', 'globalExternalAuth', 'x'],
  ];
  for (const [key, text, field, value] of good) {
    it(`takes ${key}: ${JSON.stringify(text)}`, () => {
      const { settings, faults } = readSettings({ [key]: text });
      expect(faults).to.deep.equal([]);
      expect(settings).to.deep.equal({ ...defaults, [field]: value });
    });
  }

  const bad: readonly (readonly [string, string])[] = [
    ['proxy-connect-timeout', '7s'],
    ['proxy-connect-timeout', '-1'],
    ['proxy-body-size', '8mb'],
    ['proxy-body-size', ''],
    ['proxy-buffers-number', '1'],
    ['proxy-buffering', 'yes'],
    ['proxy-http-version', '2'],
    ['proxy-next-upstream', 'error; include /etc/passwd'],
    ['proxy-next-upstream', 'never'],
    ['proxy-next-upstream', ','],
    ['proxy-next-upstream', ''],
    ['ssl-redirect', 'yes'],
    ['proxy-real-ip-cidr', '10.0.0.0/33'],
    ['proxy-real-ip-cidr', 'XXX.XXX.XXX/XX'],
    ['forwarded-for-header', 'a b'],
    ['large-client-header-buffers', '4'],
    ['large-client-header-buffers', '0 8k'],
    ['block-user-agents', '~('],
    ['block-referers', 'default'],
    ['gzip-types', 'text'],
    ['http-redirect-code', '200'],
    ['no-tls-redirect-locations', '/a\u0000b'],
    ['worker-processes', '0'],
    ['worker-processes', '1; daemon on'],
    ['worker-shutdown-timeout', '4 minutes'],
    ['ssl-protocols', 'TLSv9'],
    ['ssl-protocols', ' , '],
    ['hsts-max-age', '1.5'],
    ['error-log-level', 'loud'],
    ['worker-cpu-affinity', '0102'],
    ['worker-cpu-affinity', 'auto 01 10'],
    ['bind-address-ipv4', '::1'],
    ['bind-address-ipv6', '10.0.0.1'],
    ['gzip-disable', '('],
    ['default-type', 'text'],
    ['map-hash-bucket-size', '8'],
    ['map-hash-bucket-size', '65281'],
    ['proxy-cookie-domain', 'one'],
    ['proxy-redirect-from', 'a b'],
    ['lua-shared-dicts', Array.from({ length: 11 }, (_, index) => `a${index}:200m`).join()],
    ['limit-conn-zone-variable', ''],
    ['limit-conn-zone-variable', 'everybody'],
    ['limit-conn-zone-variable', '$nobody'],
    ['limit-conn-zone-variable', '$remote_addr; x'],
    ['nginx-status-ipv4-whitelist', 'all'],
    ['nginx-status-ipv6-whitelist', '::1; deny'],
    ['enable-brotli', 'on'],
    ['brotli-level', '12'],
    ['brotli-min-length', '-1'],
    ['brotli-types', 'text'],
    ['use-geoip2', 'yes'],
    ['geoip2-autoreload-in-minutes', '5m'],
    ['enable-serial-reloads', ''],
  ];
  for (const [key, text] of bad) {
    it(`keeps the default for ${key}: ${JSON.stringify(text)}, and names the key`, () => {
      const { settings, faults } = readSettings({ [key]: text, 'keep-alive': '5' });
      expect(settings).to.deep.equal({ ...defaults, keepAlive: 5 });
      expect(faults.map((fault) => fault.key)).to.deep.equal([key]);
      expect(faults[0]?.reason).to.match(/; the default ".*" is used$/);
    });
  }

  /** Good items, and a bad one among them: what is in force, and what is said. */
  const mixed: readonly (readonly [
    key: string,
    text: string,
    name: keyof Settings,
    is: unknown,
    says: RegExp,
  ])[] = [
    [
      'bind-address',
      '10.0.0.1,10.0.0.2:80',
      'bindAddress',
      ['10.0.0.1'],
      /"10.0.0.2:80", which is not an address/,
    ],
    ['bind-address', 'localhost,::1', 'bindAddress', ['[::1]'], /"localhost"/],
    ['bind-address', 'fe80::1%eth0', 'bindAddress', [], /has a zone/],
    ['debug-connections', 'x,10.0.0.0/8', 'debugConnections', ['10.0.0.0/8'], /"x"/],
    ['custom-http-errors', '404,abc,503', 'customHttpErrors', [404, 503], /"abc", which is no status code/],
    ['custom-http-errors', '404,600', 'customHttpErrors', [404], /"600"/],
    ['custom-http-errors', '499,500', 'customHttpErrors', [500], /"499"/],
    ['global-allowed-response-headers', 'X-A,b c', 'globalAllowedResponseHeaders', ['X-A'], /"b c"/],
    ['global-auth-response-headers', 'X-A,{', 'globalAuthResponseHeaders', ['X-A'], /"{"/],
    ...(
      [
        ['my_cache', /is not a name and a size/],
        ['my cache:1g', /"mycache:1g"/],
        ['a:63k', /64k to 200m/],
        ['a:201m', /64k to 200m/],
        ['tidegate_routes:1m', /uses itself/],
        ['SSL:1m', /uses itself/],
        ['default_web_1_conn:1m', /uses itself/],
      ] as const
    ).map(
      ([item, says]) =>
        [
          'lua-shared-dicts',
          `good:1m,${item}`,
          'luaSharedDicts',
          [{ name: 'good', size: '1M', isFixed: false }],
          says,
        ] as const,
    ),
  ];
  for (const [key, text, name, is, says] of mixed) {
    it(`takes what is good of ${key}: ${JSON.stringify(text)}, and says what is not`, () => {
      const { settings, faults } = readSettings({ [key]: text, 'keep-alive': '5' });
      expect(settings).to.deep.equal({ ...defaults, keepAlive: 5, [name]: is });
      expect(faults.map((fault) => fault.key)).to.deep.equal([key]);
      expect(faults[0]?.reason)
        .to.match(says)
        .and.match(/; it is left out$/);
    });
  }

  it('takes a hundred areas of shared memory', () => {
    const text = Array.from({ length: 101 }, (_, index) => `a${index}:1m`).join();
    const { settings, faults } = readSettings({ 'lua-shared-dicts': text });
    expect(settings.luaSharedDicts).to.have.length(100);
    expect(faults.map(({ reason }) => reason)).to.deep.equal([
      'holds "a100:1m", which is beyond 100 entries; it is left out',
    ]);
  });

  const combined: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
    ['a variable that nobody has', { 'log-format-upstream': '$x $status' }, ['log-format-upstream']],
    [
      'one that a snippet has',
      { 'log-format-upstream': '$x', 'http-snippet': 'map $uri $x { default 1; }' },
      [],
    ],
    [
      'one that snippets of Ingresses may have',
      { 'log-format-upstream': '$x', 'allow-snippet-annotations': 'true' },
      [],
    ],
    [
      'one that another key brings',
      { 'log-format-upstream': '$full_x_forwarded_for' },
      ['log-format-upstream'],
    ],
    [
      'and it is there',
      { 'log-format-upstream': '$full_x_forwarded_for', 'use-forwarded-headers': 'true' },
      [],
    ],
    ['syslog without a host', { 'enable-syslog': 'true' }, ['enable-syslog']],
    ['spans without a collector', { 'enable-opentelemetry': 'true' }, ['enable-opentelemetry']],
    ['spans with one', { 'enable-opentelemetry': 'true', 'otlp-collector-host': 'otel' }, []],
    ['a variable of HTTP for TCP', { 'log-format-stream': '$request_uri' }, ['log-format-stream']],
    [
      'a variable that a snippet for TCP defines',
      { 'log-format-stream': '$who', 'stream-snippet': 'map $remote_addr $who { default x; }' },
      [],
    ],
    ['variables of TCP', { 'log-format-stream': '$upstream_addr $proxy_upstream_name' }, []],
    ['busy buffers that fit', { 'proxy-busy-buffers-size': '12k' }, []],
    ['more than all but one', { 'proxy-busy-buffers-size': '13k' }, ['proxy-busy-buffers-size']],
    ['less than one', { 'proxy-busy-buffers-size': '2k' }, ['proxy-busy-buffers-size']],
    [
      'and other buffers',
      { 'proxy-busy-buffers-size': '2k', 'proxy-buffer-size': '1k', 'proxy-buffers-number': '8' },
      [],
    ],
    [
      'a variable about places without databases',
      { 'log-format-upstream': '$geoip2_city' },
      ['log-format-upstream'],
    ],
    ['and with them', { 'log-format-upstream': '$geoip2_city', 'use-geoip2': 'true' }, []],
    ['syslog with one', { 'enable-syslog': 'true', 'syslog-host': 'logs.test' }, []],
  ];
  for (const [what, data, keys] of combined) {
    it(`looks at keys together: ${what}`, () => {
      const { settings, faults } = readSettings(data);
      expect(faults.map(({ key }) => key)).to.deep.equal(keys);
      expect(settings.enableSyslog).to.equal(data['enable-syslog'] === 'true' && keys.length === 0);
      if (keys.includes('log-format-upstream'))
        expect(settings.logFormatUpstream).to.deep.equal(defaults.logFormatUpstream);
    });
  }

  it('names keys that nobody knows', () => {
    const { settings, faults, unknown } = readSettings({ zebra: '1', antelope: '2' });
    expect(unknown).to.deep.equal(['antelope', 'zebra']);
    expect(faults).to.deep.equal([]);
    expect(settings).to.deep.equal(defaults);
  });

  it('finds a key in other case, as long as the exact one is absent', () => {
    const { settings, unknown } = readSettings({
      'Proxy-Body-Size': '2m',
      'KEEP-ALIVE': '1',
      'keep-alive': '2',
    });
    expect([settings.proxyBodySize, settings.keepAlive]).to.deep.equal(['2m', 2]);
    expect(unknown).to.deep.equal(['KEEP-ALIVE']);
  });

  it('is not confused by names that every object has', () => {
    const { unknown } = readSettings({ constructor: 'x', toString: 'y' });
    expect(unknown).to.deep.equal(['constructor', 'toString']);
  });
});

describe('settings tables', () => {
  const entries = Object.entries(settingsTable);

  it('have a name for each key, in the same words', () => {
    for (const [name, { key }] of entries) {
      const expected = key.replaceAll(/-([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
      expect(name).to.equal(expected);
    }
  });

  it('list no key twice', () => {
    const keys = entries.map(([, { key }]) => key);
    expect(new Set(keys).size).to.equal(keys.length);
  });

  it('document every key in a sentence', () => {
    for (const [, { doc }] of entries) expect(doc).to.match(/^(?:[A-Z]|max-age ).*\.$/);
  });
});
