/** Words of nginx about its processes and sockets. */
import { isIP } from 'node:net';
import { fail, ok } from '../lib/result.ts';
import { parsePattern } from './pattern.ts';
import type { Pattern, Token } from './safe.ts';
import { list } from './values.ts';
import type { ValueType } from './values.ts';

/** Masks of CPUs, or auto; nothing where the system decides. */
export const cpuAffinity: ValueType<readonly Token[]> = {
  name: 'auto, or masks of CPUs, for example "0101 1010"',
  parse: (text) => {
    const words = text.split(/\s+/).filter((word) => word !== '');
    const masks = words[0] === 'auto' ? words.slice(1, 2) : words;
    const fits = words[0] === 'auto' ? words.length <= 2 : words.length <= 128;
    return fits && masks.every((mask) => /^[01]{1,1024}$/.test(mask))
      ? ok(words as string[] as Token[])
      : fail('is not "auto" or masks of CPUs; write for example "0101 1010"');
  },
};

const address: ValueType<Token> = {
  name: 'address',
  parse: (text) => {
    const bare = text.replace(/^\[(.*)\]$/, '$1');
    switch (isIP(bare)) {
      case 4:
        return ok(bare as string as Token);
      case 6:
        // One spelling for one address, and no zone.
        return bare.includes('%')
          ? fail('has a zone; write the address alone')
          : ok(new URL(`http://[${bare}]`).hostname as string as Token);
      default:
        return fail('is not an address; write for example "10.0.0.1"');
    }
  },
};

/** IPv6 in brackets. */
const addresses = { separator: /,/, example: '10.0.0.1,2001:db8::1', empty: 'allowed' } as const;

export const bindAddresses = list(address, { ...addresses, bad: 'left-out' });

/** Of one family only. */
export function addressesOf(family: 'IPv4' | 'IPv6'): ValueType<readonly Token[]> {
  return {
    name: `list of ${family} addresses`,
    parse: (text) => {
      const parsed = list(address, addresses).parse(text);
      const isOther = (entry: Token) => entry.startsWith('[') !== (family === 'IPv6');
      return parsed.ok && parsed.value.some(isOther)
        ? fail(`holds an address that is not ${family}`)
        : parsed;
    },
  };
}

/** A regular expression for User-Agent; null for none. */
export const agentPattern: ValueType<Pattern | null> = {
  name: 'regular expression, or "msie6"',
  parse: (text) => (text === '' ? ok(null) : parsePattern(text)),
};
