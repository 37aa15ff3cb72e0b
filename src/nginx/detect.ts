/** Looks at the nginx of this machine: version, modules, and what is missing to run. */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { DnsConfig, NginxFeatures } from './environment.ts';

/** nginx cannot be used; the message says what to install. */
export class NginxUnusableError extends Error {
  override readonly name = 'NginxUnusableError';
}

/** The packages of Debian that bring what Tidegate needs. */
export const debianPackages = [
  'nginx',
  'libnginx-mod-http-lua',
  'libnginx-mod-http-headers-more-filter',
  'libnginx-mod-http-modsecurity',
  'modsecurity-crs',
  'libnginx-mod-stream',
  'libnginx-mod-http-brotli-filter',
  'libnginx-mod-http-brotli-static',
  'libnginx-mod-http-geoip2',
  'lua-cjson',
] as const;

export const INSTALL = `install it: apt-get install --no-install-recommends ${debianPackages.join(' ')}`;

export async function detectNginx(binary: string): Promise<NginxFeatures> {
  const result = await execa(binary, ['-V'], { reject: false, all: true });
  const output = result.all ?? '';
  const version = /nginx version: [^/]+\/([0-9.]+)/.exec(output)?.[1];
  if (version === undefined) {
    throw new NginxUnusableError(`${binary} is not an nginx that can be started; ${INSTALL}`);
  }
  const folder = /--modules-path=(\S+)/.exec(output)?.[1] ?? '/usr/lib/nginx/modules';
  const builtIn = /--add-module=\S*lua/.test(output);
  const lua = join(folder, 'ngx_http_lua_module.so');
  if (!builtIn && !existsSync(lua)) {
    throw new NginxUnusableError(`nginx ${version} has no Lua module (${lua} is missing); ${INSTALL}`);
  }
  const headersMore = join(folder, 'ngx_http_headers_more_filter_module.so');
  if (!existsSync(headersMore)) {
    throw new NginxUnusableError(
      `nginx ${version} has no module headers-more (${headersMore} is missing); ${INSTALL}`,
    );
  }
  const modsecurity = join(folder, 'ngx_http_modsecurity_module.so');
  if (!existsSync(modsecurity)) {
    throw new NginxUnusableError(
      `nginx ${version} has no module ModSecurity (${modsecurity} is missing); ${INSTALL}`,
    );
  }
  const ofBrotli = ['filter', 'static'].map((part) => join(folder, `ngx_http_brotli_${part}_module.so`));
  const geoip2 = join(folder, 'ngx_http_geoip2_module.so');
  const modules = builtIn ? [headersMore] : [join(folder, 'ndk_http_module.so'), lua, headersMore];
  checkLuaLibraries();
  return {
    version,
    modsecurity,
    stream: streamModule(output, folder),
    brotli: ofBrotli.every((path) => existsSync(path)) ? ofBrotli : null,
    geoip2: existsSync(geoip2) ? geoip2 : null,
    modules: modules.filter((path) => existsSync(path)),
    http2: atLeast(version, [1, 25, 1]) ? 'directive' : 'listen',
    threads: output.includes('--with-threads'),
  };
}

function streamModule(output: string, folder: string): NginxFeatures['stream'] {
  if (/--with-stream(?:\s|$)/.test(output)) return 'built-in';
  const path = join(folder, 'ngx_stream_module.so');
  return existsSync(path) ? path : null;
}

const LUA_ROOTS = [
  '/usr/local/lib/lua/5.1',
  '/usr/lib/lua/5.1',
  ...['x86_64', 'aarch64'].map((cpu) => `/usr/lib/${cpu}-linux-gnu/lua/5.1`),
];
const LUA_SHARE = [
  '/usr/local/share/lua/5.1',
  '/usr/share/lua/5.1',
  '/usr/local/lib/lua',
  '/usr/share/luajit-2.1',
];

function checkLuaLibraries(): void {
  if (!LUA_ROOTS.some((root) => existsSync(join(root, 'cjson.so')))) {
    throw new NginxUnusableError(`the Lua library cjson is missing; ${INSTALL}`);
  }
  if (!LUA_SHARE.some((root) => existsSync(join(root, 'resty/core.lua')))) {
    throw new NginxUnusableError(`the Lua library resty.core is missing; ${INSTALL}`);
  }
}

function atLeast(version: string, minimum: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, least] of minimum.entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}

/** Whether any interface has an IPv6 address, so that listening on `[::]` can work. */
export function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((list) => list?.some((entry) => entry.family === 'IPv6'));
}

/** Reads resolv.conf(5); a missing file means no nameservers. */
export function readDnsConfig(path: string, ipv6: boolean): DnsConfig {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const words = text.split('\n').map((line) =>
    line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/),
  );
  const ofKind = (kind: string) => words.filter(([first]) => first === kind).map((line) => line.slice(1));
  const ndots = ofKind('options')
    .flat()
    .map((option) => /^ndots:(\d+)$/.exec(option)?.[1])
    .findLast((n) => n !== undefined);
  return {
    nameservers: ofKind('nameserver')
      .flat()
      .filter((address) => /^[0-9a-fA-F.:]+$/.test(address)),
    search: (ofKind('search').at(-1) ?? ofKind('domain').at(-1) ?? []).filter((name) =>
      /^[A-Za-z0-9._-]+$/.test(name),
    ),
    ndots: Math.min(15, Number(ndots ?? 1)),
    ipv6,
  };
}

/** The name of a user for the workers of a master that runs as root. */
export function workerUser(): string | null {
  if (process.getuid?.() !== 0) return null;
  const users = readFileSync('/etc/passwd', 'utf8');
  return ['www-data', 'nginx', 'nobody'].find((name) => users.includes(`\n${name}:`)) ?? null;
}

/** What nginx may open: the hard limit less a reserve, as ingress-nginx computes it (compat/behaviour.md 14.1). */
export function openFilesLimit(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1];
  return Math.max(1024, Number(hard ?? 1_048_576) - 1024);
}

/** net.core.somaxconn when readable and at least 512, else 511 (compat/behaviour.md 14.4). */
export function listenBacklog(): number {
  const path = '/proc/sys/net/core/somaxconn';
  const value = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
  return value >= 512 ? value : 511;
}

export function usableCpus(): number {
  return availableParallelism();
}
