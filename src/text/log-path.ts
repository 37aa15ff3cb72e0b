/** Where logs go, and how. */
import { isIPv6 } from 'node:net';
import { fail, ok } from '../lib/result.ts';
import type { Literal, Token } from './safe.ts';
import type { ValueType } from './values.ts';

/**
 * A file for logs: whatever else nginx may write to is none of them. Null: where the controller has it.
 * @param usual names of the place where it is in any case.
 */
export function logPath(usual: readonly string[]): ValueType<Literal | null> {
  return {
    name: 'path in /var/log or /tmp that ends with ".log", /dev/stdout or /dev/stderr',
    parse: (text) => {
      if (text === '' || usual.includes(text)) return ok(null);
      const isFile = /^\/(?:var\/log|tmp)(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+\.log$/.test(text);
      return text.length <= 500 && (isFile || text === '/dev/stdout' || text === '/dev/stderr')
        ? ok(text as string as Literal)
        : fail(
            'is not a place for logs; write a path in /var/log or /tmp that ends with ".log", or /dev/stdout',
          );
    },
  };
}

const PARAMETER = /^(?:buffer=[1-9]\d{0,5}[kK]?|gzip(?:=[1-9])?|flush=[1-9]\d{0,5}(?:ms|s|m)?)$/;

/** Of access_log. */
export const logParams: ValueType<readonly Token[]> = {
  name: 'list of buffer=, gzip, flush=, for example "buffer=16k flush=1m"',
  parse: (text) => {
    const words = text.split(/\s+/).filter((word) => word !== '');
    const names = words.map((word) => word.replace(/=.*/, ''));
    if (!words.every((word) => PARAMETER.test(word)) || new Set(names).size < names.length)
      return fail('is not made of buffer=, gzip= and flush=; write for example "buffer=16k flush=1m"');
    if (names.includes('flush') && !names.includes('buffer') && !names.includes('gzip'))
      return fail('has a flush= without a buffer=; write for example "buffer=16k flush=1m"');
    return ok(words as string[] as Token[]);
  },
};

/** A name or an address. */
export const logHost: ValueType<Token | null> = {
  name: 'host name or address',
  parse: (text) => {
    if (text === '') return ok(null);
    const bare = text.replace(/^\[(.*)\]$/, '$1');
    if (isIPv6(bare)) return ok(`[${bare}]` as string as Token);
    return /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(text)
      ? ok(text as string as Token)
      : fail('is not a host; write a name or an address');
  },
};
