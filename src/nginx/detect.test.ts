import { mkdir, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';
import { makeScript } from '../testing/builders/script.ts';
import {
  NginxUnusableError,
  detectNginx,
  listenBacklog,
  openFilesLimit,
  readDnsConfig,
  usableCpus,
} from './detect.ts';

const HEADERS_MORE = 'ngx_http_headers_more_filter_module.so';
const MODSECURITY = 'ngx_http_modsecurity_module.so';

describe('detection of nginx', () => {
  let folder: Folder;
  beforeEach(async () => {
    folder = await makeFolder();
  });
  afterEach(() => folder.remove());

  async function detect(lines: readonly string[]) {
    const body = lines.map((line) => `echo "${line}" >&2`).join('\n');
    return detectNginx(await makeScript(folder, 'nginx', body));
  }

  async function withModules(names: readonly string[]): Promise<string> {
    const modules = folder.file('modules');
    await mkdir(modules, { recursive: true });
    for (const name of names) await writeFile(`${modules}/${name}`, '');
    return `configure arguments: --with-compat --modules-path=${modules} --with-threads`;
  }

  for (const [version, http2] of [
    ['1.18.0', 'listen'],
    ['1.22.1', 'listen'],
    ['1.25.0', 'listen'],
    ['1.25.1', 'directive'],
    ['1.26.3', 'directive'],
    ['1.29.0', 'directive'],
    ['2.0', 'directive'],
  ] as const) {
    it(`knows how nginx ${version} is told about HTTP/2`, async () => {
      const configure = await withModules(['ngx_http_lua_module.so', HEADERS_MORE, MODSECURITY]);
      const features = await detect([`nginx version: nginx/${version}`, configure]);
      expect(features).to.deep.equal({
        version,
        http2,
        modsecurity: folder.file(`modules/${MODSECURITY}`),
        threads: true,
        stream: null,
        brotli: null,
        geoip2: null,
        modules: [folder.file('modules/ngx_http_lua_module.so'), folder.file(`modules/${HEADERS_MORE}`)],
      });
    });
  }

  for (const [what, files, words, stream] of [
    ['a module', ['ngx_stream_module.so'], '--with-stream=dynamic', 'file'],
    ['no module', [], '--with-stream=dynamic', null],
    ['no need of one', [], '--with-stream --with-stream_realip_module', 'built-in'],
  ] as const) {
    it(`finds out that TCP and UDP have ${what}`, async () => {
      const configure = await withModules(['ngx_http_lua_module.so', HEADERS_MORE, MODSECURITY, ...files]);
      const features = await detect(['nginx version: nginx/1.26.3', `${configure} ${words}`]);
      const expected = stream === 'file' ? folder.file('modules/ngx_stream_module.so') : stream;
      expect(features.stream).to.equal(expected);
    });
  }

  it('finds modules that are loaded by need', async () => {
    const names = [
      'ngx_http_brotli_filter_module.so',
      'ngx_http_brotli_static_module.so',
      'ngx_http_geoip2_module.so',
    ];
    const usual = ['ngx_http_lua_module.so', HEADERS_MORE, MODSECURITY];
    const version = 'nginx version: nginx/1.26.3';
    const all = await detect([version, await withModules([...usual, ...names])]);
    const [filter = '', fixed = '', geoip2 = ''] = names.map((name) => folder.file(`modules/${name}`));
    expect([all.brotli, all.geoip2]).to.deep.equal([[filter, fixed], geoip2]);
    expect(all.modules).to.not.include(geoip2);
  });

  it('takes one of two modules for Brotli for none', async () => {
    const usual = ['ngx_http_lua_module.so', HEADERS_MORE, MODSECURITY, 'ngx_http_brotli_filter_module.so'];
    expect((await detect(['nginx version: nginx/1.26.3', await withModules(usual)])).brotli).to.equal(null);
  });

  it('loads NDK before Lua when both are modules', async () => {
    const configure = await withModules([
      'ngx_http_lua_module.so',
      HEADERS_MORE,
      MODSECURITY,
      'ndk_http_module.so',
    ]);
    const { modules } = await detect(['nginx version: openresty/1.27.1.2', configure]);
    expect(modules.map((path) => path.split('/').at(-1))).to.deep.equal([
      'ndk_http_module.so',
      'ngx_http_lua_module.so',
      HEADERS_MORE,
    ]);
  });

  it('loads nothing of Lua when it is built in, and sees where there are no threads', async () => {
    const configure = (await withModules([HEADERS_MORE, MODSECURITY])).replace(' --with-threads', '');
    const { modules, threads } = await detect([
      'nginx version: openresty/1.27.1.2',
      `${configure} --add-module=../ngx_devel_kit-0.3.3 --add-module=../ngx_lua-0.10.27`,
    ]);
    expect(modules).to.deep.equal([folder.file(`modules/${HEADERS_MORE}`)]);
    expect(threads).to.equal(false);
  });

  it('says what to install when something is missing', async () => {
    const failures = [
      () => detectNginx(folder.file('none')),
      () => detect(['something else']),
      async () => detect(['nginx version: nginx/1.22.1', await withModules(['ndk_http_module.so'])]),
      async () => detect(['nginx version: nginx/1.22.1', await withModules(['ngx_http_lua_module.so'])]),
      async () =>
        detect(['nginx version: nginx/1.22.1', await withModules(['ngx_http_lua_module.so', HEADERS_MORE])]),
    ];
    for (const failure of failures) {
      const error: unknown = await failure().catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(NginxUnusableError);
      expect(String(error)).to.include('apt-get install');
    }
  });
});

describe('resolv.conf', () => {
  let folder: Folder;
  beforeEach(async () => {
    folder = await makeFolder();
  });
  afterEach(() => folder.remove());

  async function read(text: string) {
    await writeFile(folder.file('resolv.conf'), text);
    return readDnsConfig(folder.file('resolv.conf'), true);
  }

  const none = { nameservers: [], search: [], ndots: 1, ipv6: true };
  for (const [name, text, expected] of [
    [
      'of a pod',
      'search a.svc b.local\nnameserver 10.96.0.10\noptions ndots:5\n',
      { nameservers: ['10.96.0.10'], search: ['a.svc', 'b.local'], ndots: 5 },
    ],
    [
      'with comments and blanks',
      '# x\n; y\n\tnameserver\t1.1.1.1 # z\nnameserver ::1;q\n',
      { nameservers: ['1.1.1.1', '::1'] },
    ],
    ['with the last search in force', 'search a\nsearch b c\n', { search: ['b', 'c'] }],
    ['with a domain', 'domain example.com\n', { search: ['example.com'] }],
    ['with the last ndots in force', 'options ndots:2 timeout:1\noptions ndots:3\n', { ndots: 3 }],
    ['with too many dots', 'options ndots:99\n', { ndots: 15 }],
    [
      'with what is no address and no name',
      'nameserver "};os.exit()\nsearch a b"c d;e\n',
      { search: ['a', 'd'] },
    ],
    ['that is empty', '', {}],
  ] as const) {
    it(`is read ${name}`, async () => {
      expect(await read(text)).to.deep.equal({ ...none, ...expected });
    });
  }

  it('may be missing', () => {
    expect(readDnsConfig(folder.file('none'), false)).to.deep.equal({ ...none, ipv6: false });
  });
});

describe('facts of the machine', () => {
  it('are in the range that nginx takes', () => {
    expect(openFilesLimit()).to.be.at.least(1024);
    expect(listenBacklog()).to.be.at.least(511);
    expect(usableCpus()).to.be.at.least(1);
  });
});
