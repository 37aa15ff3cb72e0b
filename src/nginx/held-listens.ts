/**
 * Addresses that snippets of TCP and UDP servers are to listen on, and another process has. "nginx -t" does not mind, and a master
 * that is to load such a file tries for seconds and goes on with the old one.
 */
import { isIP } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { parseConfig } from '../text/lexer.ts';
import type { Directive } from '../text/lexer.ts';
import type { Failure } from './check.ts';
import { bindTcp, bindUdp } from './held-ports.ts';
import { streamLine } from './generation.ts';
import type { Generation } from './generation.ts';

interface Listen {
  readonly protocol: 'tcp' | 'udp';
  readonly host: string;
  readonly port: number;
  readonly isIpv6Only: boolean;
  /** As it is written. */
  readonly text: string;
  /** Of the part for TCP and UDP, counted from 1. */
  readonly line: number;
}

/** Milliseconds in which one that nginx has just given up may still be in use, in steps. */
const GRACE = [0, 50, 200];

/** @param serving what nginx has loaded: what it listens on is its own; null: nothing. */
export async function heldListens(
  generation: Generation,
  serving: Generation | null,
): Promise<readonly Failure[]> {
  if (serving?.stream.equals(generation.stream) === true) return [];
  const ours = new Set(serving === null ? [] : listensOf(serving).map(idOf));
  const first = streamLine(generation) ?? 0;
  const failures: Failure[] = [];
  for (const listen of listensOf(generation)) {
    if (ours.has(idOf(listen)) || !(await isHeld(listen))) continue;
    const message = `[emerg] another process has the address of "listen ${listen.text}"`;
    failures.push({
      message: `${message} in nginx.conf:${first + listen.line - 1}`,
      line: first + listen.line - 1,
    });
  }
  return failures;
}

function idOf({ protocol, host, port }: Listen): string {
  return `${protocol} ${host} ${port}`;
}

/** Those of services are tried before they are written (held-ports.ts); of others, names and ranges are left to nginx. */
function listensOf({ stream }: Generation): readonly Listen[] {
  if (stream.length === 0) return [];
  const text = stream.toString();
  const isOfService = servicesIn(text.split('\n'));
  const [block] = parseConfig(text);
  return (block?.block ?? [])
    .flatMap(({ name, block: inner }) => (name === 'server' ? (inner ?? []) : []))
    .filter(({ name, line }) => name === 'listen' && !isOfService(line))
    .flatMap(listenOf);
}

function servicesIn(lines: readonly string[]): (line: number) => boolean {
  const isMark = (line: string) => /^\t## (?:start|end) stream /.test(line);
  return (line) => lines.slice(0, line).findLast(isMark)?.startsWith('\t## start') === true;
}

const ADDRESS = /^(?:(\*|[\d.]+|\[[\da-f:.]+\]):)?(\d{1,5})$/i;

function listenOf({ args, line }: Directive): readonly Listen[] {
  const [address = '', ...options] = args;
  const [, written = '*', port = '0'] = ADDRESS.exec(address) ?? [];
  const host = written === '*' ? '0.0.0.0' : written.replaceAll(/[[\]]/g, '');
  const isUsable = isIP(host) !== 0 && Number(port) > 0 && Number(port) < 65_536;
  // Several processes may have one that is shared.
  if (!isUsable || options.includes('reuseport')) return [];
  return [
    {
      protocol: options.includes('udp') ? 'udp' : 'tcp',
      host,
      port: Number(port),
      isIpv6Only: !options.includes('ipv6only=off'),
      text: args.join(' '),
      line,
    },
  ];
}

/** What else is wrong with it nginx says by itself. */
async function isHeld(listen: Listen): Promise<boolean> {
  const bind = listen.protocol === 'udp' ? bindUdp : bindTcp;
  for (const delay of GRACE) {
    await setTimeout(delay);
    if ((await bind(listen)) !== 'EADDRINUSE') return false;
  }
  return true;
}
