import { BlockList, isIP } from 'node:net';

/**
 * Addresses that a tenant must never reach through the controller: its own control ports, the machine itself, and
 * link-local services such as cloud metadata. Spellings do not matter, since the parsed address is compared
 * (compat/security.md 1.3 point 5).
 */
export type AddressClass = 'ordinary' | 'loopback' | 'link-local' | 'unusable';

type Ranges = readonly (readonly [AddressClass, string, number])[];

/** Judges addresses; those of the networks that an admin has named are ordinary ones. */
export interface Reach {
  /** As the workers compare them: the bits of each network after its family, as in `4:01111111`. */
  readonly exceptions: readonly string[];
  /** Null when the text is no address. */
  classify(address: string): AddressClass | null;
  classifyHost(host: string): AddressClass | 'name';
}

const RANGES_4: Ranges = [
  ['loopback', '127.0.0.0', 8],
  ['link-local', '169.254.0.0', 16],
  ['unusable', '0.0.0.0', 8],
  ['unusable', '224.0.0.0', 3],
];

const RANGES_6: Ranges = [
  ['loopback', '::1', 128],
  ['link-local', 'fe80::', 10],
  ['unusable', 'ff00::', 8],
  // The unspecified address and IPv4 addresses in disguise, which reach the address that they hold.
  ['unusable', '::', 96],
];

function makeList(range: Ranges[number], type: 'ipv4' | 'ipv6'): readonly [AddressClass, BlockList] {
  const [kind, network, prefix] = range;
  const list = new BlockList();
  list.addSubnet(network, prefix, type);
  return [kind, list];
}

const lists = {
  ipv4: RANGES_4.map((range) => makeList(range, 'ipv4')),
  ipv6: RANGES_6.map((range) => makeList(range, 'ipv6')),
} as const;

/** The class of a literal IP address, or null when the text is none in the usual notation. */
export function classifyAddress(address: string): AddressClass | null {
  const family = isIP(address);
  if (family === 0) return null;
  // BlockList would compare a mapped address with the IPv4 ranges; it is refused as such.
  if (family === 6 && isMapped(address)) return 'unusable';
  const type = family === 4 ? 'ipv4' : 'ipv6';
  return lists[type].find(([, list]) => list.check(address, type))?.[0] ?? 'ordinary';
}

/** `::ffff:0:0/96` in any spelling; the URL parser writes it in one. */
function isMapped(address: string): boolean {
  return /^\[::ffff:[0-9a-f]+:[0-9a-f]+\]$/.test(new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname);
}

/** `1.2.3.4:80` or `[2001:db8::1]:80`. */
export function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

// All digits and dots, or a hexadecimal number: some resolvers read these as addresses.
const NUMERIC = /^(0x[0-9a-f]+|[0-9]+)(\.(0x[0-9a-f]+|[0-9]+))*\.?$/i;

/** What a host in a URL is when it is no name of the DNS: an address of its class, or a name of this machine. */
export function classifyHost(host: string): AddressClass | 'name' {
  const bare = withoutBrackets(host);
  const address = classifyAddress(bare);
  if (address !== null) return address;
  if (NUMERIC.test(bare)) return 'unusable';
  return /^(.*\.)?localhost\.?$/i.test(bare) ? 'loopback' : 'name';
}

/** @param networks as `10.0.0.0/8` or `::1`, valid ones. */
export function createReach(networks: readonly string[]): Reach {
  const exceptions = networks.map((network) => {
    const [address = '', length] = network.split('/');
    const bits = bitsOf(address);
    return bits.slice(0, 2 + Number(length ?? bits.length));
  });
  const isExcepted = (address: string) => {
    if (exceptions.length === 0 || isIP(address) === 0 || address.includes('%')) return false;
    const bits = bitsOf(address);
    return exceptions.some((beginning) => bits.startsWith(beginning));
  };
  return {
    exceptions,
    classify: (address) => (isExcepted(address) ? 'ordinary' : classifyAddress(address)),
    classifyHost: (host) => (isExcepted(withoutBrackets(host)) ? 'ordinary' : classifyHost(host)),
  };
}

/** The family and 32 or 128 bits, as in `4:0111…`. */
function bitsOf(address: string): string {
  if (isIP(address) === 4)
    return `4:${address
      .split('.')
      .map((byte) => binary(Number(byte), 8))
      .join('')}`;
  const groupsOf = (text: string) => (text === '' ? [] : text.split(':'));
  const [head = '', tail = ''] = withoutBrackets(new URL(`http://[${address}]`).hostname).split('::');
  const [before, after] = [groupsOf(head), groupsOf(tail)];
  const gap = Array.from({ length: 8 - before.length - after.length }, () => '0');
  const groups = [...before, ...gap, ...after];
  return `6:${groups.map((group) => binary(Number.parseInt(group, 16), 16)).join('')}`;
}

function binary(value: number, digits: number): string {
  return value.toString(2).padStart(digits, '0');
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
