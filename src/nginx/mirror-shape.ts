/** The part of the proof of shape that is about copies of requests. */
import type { Mirror } from '../model/mirror.ts';
import type { Directive } from '../text/lexer.ts';

type Fail = (reason: string) => never;

/** No path of an Ingress begins so. */
export function isMirrorLocation({ name, args }: Directive): boolean {
  return name === 'location' && args[0] === '=' && args[1]?.startsWith('/_mirror-') === true;
}

export function isMirroring({ name }: Pick<Directive, 'name'>): boolean {
  return name === 'mirror' || name === 'mirror_request_body';
}

export function assertMirrorLocations(
  found: readonly Directive[],
  wanted: readonly Mirror[],
  fail: Fail,
): void {
  const names = found.map(({ args }) => args[1]);
  if (names.join('\n') !== wanted.map(({ name }) => name).join('\n')) fail('its locations of copies differ');
  for (const [index, { block }] of found.entries()) {
    const mirror = wanted[index];
    if (mirror !== undefined) assertMirrorLocation(block ?? [], mirror, fail);
  }
}

const HEADERS = ['Token', 'Of', 'Target', 'Host', 'Judged'].map(
  (name) => `proxy_set_header\nX-Mirror-${name}\n$mirror_${name.toLowerCase()}`,
);
/** What stands there besides, whatever is copied. */
const OTHERS = [
  /^set\n\$mirror_judged\n(?:yes|no)$/,
  /^rewrite_by_lua_file\n[^\n]*\/nginx\/ngx_conf_mirror\.lua$/,
  /^proxy_pass\nhttp:\/\/127\.0\.0\.1:\d+\/mirror$/,
];

function assertMirrorLocation(
  block: readonly Directive[],
  { name, url, host, body }: Mirror,
  fail: Fail,
): void {
  const lines = block.map((entry) => [entry.name, ...entry.args].join('\n'));
  const expected = [
    'internal',
    'access_log\noff',
    'client_max_body_size\n0',
    `set\n$mirror_of\n${name}`,
    `set\n$mirror_target\n${url}`,
    `set\n$mirror_host\n${host}`,
    `set\n$mirror_body\n${body}`,
    'set\n$mirror_token\n',
    ...HEADERS,
  ];
  const rest = lines.filter((line) => !OTHERS.some((pattern) => pattern.test(line)));
  const good = rest.join('\0') === expected.join('\0') && block.every((entry) => entry.block === null);
  if (!good || lines.length > expected.length + OTHERS.length) fail('a location of copies differs');
}

export function assertMirroring(block: readonly Directive[], wanted: Mirror | null, fail: Fail): void {
  const lines = block.filter(isMirroring).map(({ name, args }) => [name, ...args].join('\n'));
  const expected = wanted === null ? [] : [`mirror\n${wanted.name}`, `mirror_request_body\n${wanted.body}`];
  if (lines.join('\0') !== expected.join('\0')) fail('what it copies differs');
}
