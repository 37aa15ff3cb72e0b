/** Addresses and networks as nginx's set_real_ip_from, allow, deny and geo take them. */
import { isIP } from 'node:net';
import { fail, ok } from '../lib/result.ts';
import type { Token } from './safe.ts';
import { list } from './values.ts';
import type { ValueType } from './values.ts';

/** `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`. */
export const network: ValueType<Token> = {
  name: 'address or network',
  parse: (text) => {
    const [address = '', prefix, ...more] = text.split('/');
    const family = isIP(address);
    const longest = family === 6 ? 128 : 32;
    const length = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : 129;
    // A zone means something on one machine only, and nginx does not take it.
    const usable = family !== 0 && !address.includes('%') && more.length === 0 && length <= longest;
    // nginx takes it for an error of its own and refuses the whole file.
    if (address === '255.255.255.255')
      return fail('is the broadcast address, which no client has; leave it out');
    return usable
      ? ok(text as Token)
      : fail('is not an address or network; write for example "10.0.0.0/8" or "2001:db8::/32"');
  },
};

/** Comma-separated, sorted as text, each once. */
export const networkList: ValueType<readonly Token[]> = {
  name: 'list of addresses and networks, for example "10.0.0.0/8,192.168.1.1"',
  parse: (text) => {
    const found = list(network, { separator: /,/, example: '10.0.0.0/8,192.168.1.1' }).parse(text);
    return found.ok ? ok([...new Set(found.value)].sort()) : found;
  },
};
