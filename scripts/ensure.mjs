// Installs what the other scripts need. Plain JavaScript for Node 20: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
export const bin = join(root, 'node_modules', '.bin');
export const node24 = join(bin, 'node');

const packages = [
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
];

/** Ends the script with a message for the user. */
export function giveUp(message) {
  console.error(`\n${message}`);
  process.exit(1);
}

function run(command, args, env = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  return result.status === 0;
}

/** Runs `npm ci` unless node_modules belongs to the lockfile as it is. */
export function ensureDependencies() {
  if (!dependenciesAreCurrent()) {
    console.log('Installing the npm packages of package-lock.json (about 10 seconds) …');
    if (!run('npm', ['ci', '--no-audit', '--no-fund'])) giveUp('npm ci failed; its messages are above.');
  }
  const version = spawnSync(node24, ['--version'], { encoding: 'utf8' }).stdout?.trim() ?? '';
  if (!version.startsWith('v24.')) {
    giveUp(
      `Node 24 is missing from node_modules (found: ${version || 'none'}). It comes as an optional package for Linux on x64 ` +
        'and arm64; run: npm ci --include=optional',
    );
  }
}

function dependenciesAreCurrent() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed) || !existsSync(node24)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const have = JSON.parse(readFileSync(installed, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || entry.optional || have[path]?.version === entry.version,
  );
}

/** Installs nginx with its Lua and stream modules from Debian's packages when that is possible. */
export function ensureNginx() {
  install(packages, missingPackages);
}

/** Installs what makes the small program of image/confine.c, which tests use. */
export function ensureCompiler() {
  const works = () => spawnSync('gcc', ['-include', 'stdlib.h', '-E', '-x', 'c', '/dev/null']).status === 0;
  install(['gcc', 'libc6-dev'], () => (works() ? [] : ['a C compiler']));
}

/** Installs Prometheus and its tool, which tests of the metrics use. */
export function ensurePrometheus() {
  const works = (name) => spawnSync(name, ['--version']).status === 0;
  install(['prometheus'], () => ['prometheus', 'promtool'].filter((name) => !works(name)));
}

/** Installs Chromium, in which tests open the status page. */
export function ensureChromium() {
  const works = () =>
    spawnSync(process.env.CHROMIUM_BINARY ?? '/usr/bin/chromium', ['--version']).status === 0;
  install(['chromium'], () => (works() ? [] : ['chromium']));
}

/** Installs shells in which tests press Tab. */
export function ensureShells() {
  const shells = ['zsh', 'fish'];
  install(shells, () => shells.filter((name) => spawnSync(name, ['--version']).status !== 0));
}

/** @param missing names what is missing. */
function install(names, missing) {
  const before = missing();
  if (before.length === 0) return;
  const command = `apt-get install --no-install-recommends ${names.join(' ')}`;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    giveUp(`Missing on this machine: ${before.join(', ')}. Please type:\n\n    sudo ${command}\n`);
  }
  console.log(`Installing ${names.join(', ')} from the distribution's packages …`);
  // The run level keeps the package from starting a server of its own on port 80.
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const words = ['install', '-y', '-q', '--no-install-recommends', ...names];
  const good = run('apt-get', ['update', '-q'], env) && run('apt-get', words, env);
  if (!good || missing().length > 0) giveUp(`Installing failed. Please type:\n\n    ${command}\n`);
}

function missingPackages() {
  const missing = [];
  const output = spawnSync(process.env.NGINX_BINARY ?? 'nginx', ['-V'], { encoding: 'utf8' });
  const text = `${output.stdout ?? ''}${output.stderr ?? ''}`;
  if (!/nginx version/.test(text)) missing.push('nginx');
  const modules = /--modules-path=(\S+)/.exec(text)?.[1] ?? '/usr/lib/nginx/modules';
  if (!/add-module=\S*lua/.test(text) && !existsSync(join(modules, 'ngx_http_lua_module.so')))
    missing.push('its Lua module');
  if (!existsSync(join(modules, 'ngx_http_headers_more_filter_module.so')))
    missing.push('its module headers-more');
  if (!existsSync(join(modules, 'ngx_http_modsecurity_module.so'))) missing.push('its module ModSecurity');
  for (const name of ['brotli_filter', 'brotli_static', 'geoip2'])
    if (!existsSync(join(modules, `ngx_http_${name}_module.so`))) missing.push(`its module ${name}`);
  if (!existsSync('/usr/share/modsecurity-crs/rules')) missing.push('modsecurity-crs');
  if (!/--with-stream(?!=)/.test(text) && !existsSync(join(modules, 'ngx_stream_module.so')))
    missing.push('its stream module');
  const libraries = ['x86_64', 'aarch64'].map((cpu) => `/usr/lib/${cpu}-linux-gnu/lua/5.1/cjson.so`);
  if (![...libraries, '/usr/local/lib/lua/5.1/cjson.so'].some((path) => existsSync(path)))
    missing.push('lua-cjson');
  return missing;
}
