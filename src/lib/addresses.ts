import { BlockList, isIP } from 'node:net';

/**
 * Addresses that a tenant must never reach through the controller: its own control ports, the machine itself, and
 * link-local services such as cloud metadata. Spellings do not matter, since the parsed address is compared
 * (compat/security.md 1.3 point 5).
 */
export type AddressClass = 'ordinary' | 'loopback' | 'link-local' | 'unusable';

interface Lists {
  readonly loopback: BlockList;
  readonly linkLocal: BlockList;
  readonly unusable: BlockList;
}

function makeLists(): Lists {
  const loopback = new BlockList();
  loopback.addSubnet('127.0.0.0', 8, 'ipv4');
  loopback.addAddress('::1', 'ipv6');
  const linkLocal = new BlockList();
  linkLocal.addSubnet('169.254.0.0', 16, 'ipv4');
  linkLocal.addSubnet('fe80::', 10, 'ipv6');
  const unusable = new BlockList();
  unusable.addSubnet('0.0.0.0', 8, 'ipv4');
  unusable.addSubnet('224.0.0.0', 3, 'ipv4');
  unusable.addAddress('::', 'ipv6');
  unusable.addSubnet('ff00::', 8, 'ipv6');
  // Embedded IPv4 addresses: nobody needs them as endpoints, and they reach the embedded address on some systems.
  unusable.addSubnet('::ffff:0:0', 96, 'ipv6');
  unusable.addSubnet('64:ff9b::', 96, 'ipv6');
  return { loopback, linkLocal, unusable };
}

const lists: Lists = makeLists();

/** The class of a literal IP address, or null when the text is none in the usual notation. */
export function classifyAddress(address: string): AddressClass | null {
  const family = isIP(address);
  if (family === 0) return null;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  // BlockList sees through IPv4-mapped addresses; they are refused as such before it can.
  if (family === 6 && /^::ffff:/i.test(address)) return 'unusable';
  if (lists.loopback.check(address, type)) return 'loopback';
  if (lists.linkLocal.check(address, type)) return 'link-local';
  return lists.unusable.check(address, type) ? 'unusable' : 'ordinary';
}

/** `1.2.3.4:80` or `[2001:db8::1]:80`. */
export function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
