/** Shared memory for Lua, as the ConfigMap lists it (compat/configmap.md, "lua-shared-dicts"). */
import { fail, ok, okWithout } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { Size, Token } from './safe.ts';
import type { ValueType } from './values.ts';

export interface SharedDict {
  readonly name: Token;
  readonly size: Size;
  /** One of ingress-nginx, which has another size here. */
  readonly isFixed: boolean;
}

/** Those of ingress-nginx. Their sizes are fixed here: nginx empties memory whose size changes, and it holds what serves. */
const KNOWN: ReadonlySet<string> = new Set([
  'configuration_data',
  'certificate_data',
  'certificate_servers',
  'balancer_ewma',
  'balancer_ewma_last_touched_at',
  'balancer_ewma_locks',
  'ocsp_response_cache',
  'luaconfig',
  'tcp_udp_configuration_data',
]);

// What is named so in nginx.conf already: caches, sessions, limits, pools of endpoints.
const TAKEN = /^(?:tidegate_|auth_cache$|SSL(?:_|$)|upstream|stream_)|_(?:conn|rps|rpm)$/;
const KIB = 1024;
const LEAST = 64;
const MOST = 200 * KIB;
const MOST_TOGETHER = 2 * KIB * KIB;
const MOST_ENTRIES = 100;

/** For plugins and snippets of an administrator, and those of ingress-nginx, which are only told about. */
export const sharedDicts: ValueType<readonly SharedDict[]> = {
  name: 'list of name and size, for example "my_cache: 5m, my_counters: 512k"',
  parse: (text) => {
    const items = text
      .split(',')
      .map((item) => item.replaceAll(/\s/g, ''))
      .filter((item) => item !== '');
    const sizes = new Map<string, number>();
    const leftOut: string[] = [];
    for (const item of items) {
      const entry = parseEntry(item);
      if (entry.ok && sizes.size < MOST_ENTRIES) sizes.set(entry.value.name, entry.value.kilobytes);
      else {
        const reason = entry.ok ? `is beyond ${MOST_ENTRIES} entries` : entry.reason;
        leftOut.push(`holds "${item.slice(0, 100)}", which ${reason}; it is left out`);
      }
    }
    const dicts = [...sizes].sort(([a], [b]) => (a < b ? -1 : 1)).map(dictOf);
    const together = dicts.reduce(
      (sum, { name, isFixed }) => sum + (isFixed ? 0 : (sizes.get(name) ?? 0)),
      0,
    );
    return together > MOST_TOGETHER ? fail('is more than 2048m together') : okWithout(dicts, leftOut);
  },
};

function dictOf([name, kilobytes]: readonly [string, number]): SharedDict {
  return {
    name: name as string as Token,
    size: (kilobytes % KIB === 0 ? `${kilobytes / KIB}M` : `${kilobytes}K`) as string as Size,
    isFixed: KNOWN.has(name),
  };
}

interface Entry {
  readonly name: string;
  readonly kilobytes: number;
}

function parseEntry(item: string): Result<Entry> {
  const [, name = '', digits = '', unit = ''] =
    /^([A-Za-z_][A-Za-z0-9_]{0,99}):(\d{1,9})([kKmM]?)$/.exec(item) ?? [];
  if (name === '') return fail('is not a name and a size; write for example "my_cache: 5m"');
  if (TAKEN.test(name)) return fail('has a name that nginx.conf uses itself; choose another');
  const kilobytes = Number(digits) * (unit.toLowerCase() === 'k' ? 1 : KIB);
  return kilobytes >= LEAST && kilobytes <= MOST
    ? ok({ name, kilobytes })
    : fail('is not a size from 64k to 200m');
}
