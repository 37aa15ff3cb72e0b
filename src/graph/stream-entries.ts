/** Lines of the ConfigMaps with TCP and UDP services (compat/behaviour.md section 29). */
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { BackendRef } from './graph.ts';
import { parseName, parsePortText } from './names.ts';

export interface StreamEntry {
  readonly port: number;
  readonly backend: BackendRef;
  /** Whether clients, or what stands before them, begin with a PROXY header. */
  readonly decode: boolean;
  /** Whether endpoints get one. */
  readonly encode: boolean;
}

const SHAPE = 'write "namespace/service:port", for example "default/database:5432"';

/** @param key the port. @param value `namespace/service:port[:PROXY][:PROXY]`; the last two for TCP only. */
export function parseStreamEntry(key: string, value: string, protocol: 'tcp' | 'udp'): Result<StreamEntry> {
  const port = /^[0-9]{1,5}$/.test(key) ? Number(key) : 0;
  if (port < 1 || port > 65_535) return fail('has a key that is no port; write a number from 1 to 65535');
  const [place = '', portText = '', decode = '', encode = '', ...others] = value.trim().split(':');
  const [namespace = '', name = '', ...more] = place.split('/');
  if (namespace === '' || name === '' || portText === '' || more.length > 0 || others.length > 0)
    return fail(`is ${shown(value)}; ${SHAPE}`);
  const names = [parseName(namespace), parseName(name)] as const;
  for (const parsed of names) if (!parsed.ok) return fail(`is ${shown(value)}: ${parsed.reason}`);
  const number = /^[0-9]+$/.test(portText) ? { number: Number(portText) } : { name: portText };
  const target = parsePortText(number);
  if (!target.ok) return fail(`is ${shown(value)}; ${SHAPE}`);
  const flags = [decode, encode].map((word) => word.toUpperCase());
  if (flags.some((word) => word !== '' && word !== 'PROXY'))
    return fail(`is ${shown(value)}; nothing but "PROXY" may follow upon the port, once or twice`);
  if (protocol === 'udp' && flags.includes('PROXY'))
    return fail(`is ${shown(value)}; there is no PROXY protocol over UDP, remove it`);
  const [ofNamespace, ofName] = names;
  if (!ofNamespace.ok || !ofName.ok) return fail(`is ${shown(value)}; ${SHAPE}`);
  return ok({
    port,
    backend: {
      namespace: ofNamespace.value,
      service: ofName.value,
      port: target.value,
      key: `${namespace}/${name}/${target.value}`,
    },
    decode: flags[0] === 'PROXY',
    encode: flags[1] === 'PROXY',
  });
}

function shown(value: string): string {
  return JSON.stringify(value.slice(0, 100));
}
