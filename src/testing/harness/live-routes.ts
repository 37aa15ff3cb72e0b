/** New hosts before and after their reload: the same requests, and all that can be seen of their answers. */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { annotate } from '../features/site.ts';
import type { Backend } from './backend.ts';
import { exchange } from './client.ts';
import { ingress } from './objects.ts';
import type { PathSpec } from './objects.ts';
import { eventually } from './poll.ts';
import { root } from './program.ts';
import type { Program } from './program.ts';

/** A host and what its Ingress says: the name of a policy, and paths. */
export interface NewHost {
  readonly host: string;
  readonly policy: string;
  readonly paths: readonly PathSpec[];
}

/** Annotations by name; each is in use by a host that is there from the start. */
export const policies: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  plain: {},
  small: { 'proxy-body-size': '1k' },
  large: { 'proxy-body-size': '4m', 'proxy-read-timeout': '30' },
  moved: { 'permanent-redirect': 'https://elsewhere.test/x' },
  shared: { 'enable-cors': 'true', 'cors-allow-origin': 'https://a.test' },
  closed: { 'denylist-source-range': '127.0.0.0/8' },
  renamed: { 'upstream-vhost': 'inside.test', 'proxy-redirect-from': 'http://in/', 'proxy-redirect-to': '/' },
  sticky: { affinity: 'cookie', 'session-cookie-name': 'stay' },
  guarded: { 'auth-type': 'basic', 'auth-secret': 'users', 'auth-realm': 'in here' },
  locked: { 'auth-type': 'basic', 'auth-secret': 'missing', 'force-ssl-redirect': 'true' },
  open: { 'ssl-redirect': 'false', 'preserve-trailing-slash': 'true' },
};

export function ingressOf({ host, policy, paths }: NewHost): object {
  return ingress(host.split('.')[0] ?? '', {
    annotations: annotate(policies[policy] ?? {}),
    rules: { [host]: paths },
  });
}

/** A request as it goes over the wire, without the line that marks it. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly version: '1.0' | '1.1';
  readonly host: string;
  readonly headers: readonly string[];
  readonly bodyLength: number;
}

/** What can be seen of one request: the answer, which holds what the backend saw, and the line in the access log. */
export interface Seen {
  readonly request: string;
  readonly answer: string;
  readonly line: string;
}

/** Sends all of them, one after the other. @param mark a word that nobody else uses, always as long as the others. */
export async function observe(
  program: Program,
  requests: readonly RawRequest[],
  mark: string,
): Promise<readonly Seen[]> {
  const answers: string[] = [];
  for (const [index, request] of requests.entries())
    answers.push(await exchange(program.ports.http, textOf(request, `${mark}-${index}.`)));
  const seen: Seen[] = [];
  for (const [index, request] of requests.entries()) {
    const own = `${mark}-${index}.`;
    const line = await eventually(() => {
      const found = program.logLines().find((text) => text.includes(own));
      if (found === undefined) throw new Error(`no line of the access log for ${own}`);
      return found;
    });
    const mask = (text: string) => masked(text.replaceAll(own, 'MARK'));
    seen.push({ request: textOf(request, 'MARK'), answer: mask(answers[index] ?? ''), line: mask(line) });
  }
  return seen;
}

function textOf({ method, target, version, host, headers, bodyLength }: RawRequest, mark: string): string {
  const lines = [
    `${method} ${target} HTTP/${version}`,
    // Before what may be refused, or nothing of it would be logged.
    `User-Agent: ${mark}`,
    `Host: ${host}`,
    'Connection: close',
    ...headers,
    ...(bodyLength === 0 ? [] : [`Content-Length: ${bodyLength}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${'b'.repeat(bodyLength)}`;
}

/** Without what differs between two equal requests: times, ids, connections with the lengths that their numbers make, sessions. */
function masked(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{32}/g, 'ID')
    .replaceAll(/^Date: .*$/gm, 'Date')
    .replaceAll(/\[\d\d\/\w{3}\/\d{4}:[^\]]*\]/g, '[TIME]')
    .replaceAll(/"connection":\d+/g, '"connection":N')
    .replaceAll(/ \d+\.\d{3}(?= |$)/gm, ' T')
    .replaceAll(/^[0-9a-f]+\r$/gm, 'LENGTH')
    .replaceAll(/(?<=" \d{3}) \d+(?= ")/g, ' LENGTH')
    .replaceAll(/(?<=:\d+) \d+(?= T)/g, ' LENGTH')
    .replaceAll(/stay=[^;]*/g, 'stay=KEY');
}

/** How often each backend was asked meanwhile. */
export async function counted<T>(
  backends: readonly Backend[],
  action: () => Promise<T>,
): Promise<readonly [T, readonly number[]]> {
  const before = backends.map((backend) => backend.requests());
  const result = await action();
  return [result, backends.map((backend, index) => backend.requests() - (before[index] ?? 0))];
}

/** The program with one line of its Lua changed, as arguments of node. @throws when the line is not there. */
export function mutant(
  folder: string,
  file: string,
  [from, to]: readonly [string, string],
): readonly string[] {
  mkdirSync(folder, { recursive: true });
  for (const part of ['src', 'templates', 'nginx', 'package.json'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const path = join(folder, 'nginx', 'lua', 'tidegate', file);
  const text = readFileSync(path, 'utf8');
  if (!text.includes(from)) throw new Error(`${file} has no line "${from}"`);
  writeFileSync(path, text.replace(from, to));
  return [join(folder, 'src', 'main.ts')];
}
