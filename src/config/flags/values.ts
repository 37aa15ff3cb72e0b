import { isIP } from 'node:net';
import { parseDuration } from './duration.ts';
import { parseFloatText, parseInteger } from './numbers.ts';
import type { FlagSpec, FlagValue } from './spec.ts';

/** A value, or why the text is not one and what to write instead. */
export type ValueResult =
  | { readonly ok: true; readonly value: FlagValue }
  | { readonly ok: false; readonly reason: string };

/** What the occurrences of the flag further left gave; undefined when this is the first, which replaces the default. */
export type Earlier = FlagValue | undefined;

/** Reads the text of one occurrence of a flag. Only the list types look at what came before. */
export function parseValue(spec: FlagSpec, text: string, earlier: Earlier): ValueResult {
  switch (spec.type) {
    case 'string':
      return yes(text);
    case 'bool':
      return parseBool(text);
    case 'int':
      // Go has 64 bits here; what is above 2^53 could not be kept exactly, and no flag means such a number.
      return parseInteger(text, { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
    case 'uint32':
      return parseInteger(text, { min: 0, max: 0xffff_ffff });
    case 'float32':
      return parseFloatText(text, 32);
    case 'float64':
      return parseFloatText(text, 64);
    case 'duration': {
      const result = parseDuration(text);
      return result.ok ? yes(result.milliseconds) : result;
    }
    case 'ip':
      return parseIp(text.trim());
    case 'list':
      return append(earlier, splitCsv(text));
    case 'floats':
      return append(earlier, splitFloats(text));
    case 'repeated':
      return append(earlier, { ok: true, value: [text] });
    case 'choice':
      return spec.choices.includes(text) ? yes(text) : no(`write one of ${spec.choices.join(', ')}`);
  }
}

function parseBool(text: string): ValueResult {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return yes(true);
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text)) return yes(false);
  return no('write true or false');
}

function parseIp(text: string): ValueResult {
  // Go's ParseIP knows no zones such as fe80::1%eth0.
  return isIP(text) !== 0 && !text.includes('%')
    ? yes(text)
    : no('it is not an IP address; write one such as 127.0.0.1');
}

function append(earlier: Earlier, next: ValueResult): ValueResult {
  if (!next.ok || !Array.isArray(earlier)) return next;
  return { ok: true, value: [...(earlier as readonly string[]), ...(next.value as readonly string[])] };
}

function splitFloats(text: string): ValueResult {
  const values: number[] = [];
  for (const part of text.split(',')) {
    const result = parseFloatText(part, 64);
    if (!result.ok)
      return no(`in ${JSON.stringify(part)}: ${result.reason}; separate numbers by commas, without spaces`);
    values.push(result.value);
  }
  return yes(values);
}

/** One CSV record: `a,"b,c",d` has three fields. */
function splitCsv(text: string): ValueResult {
  const fields: string[] = [];
  let rest = text;
  while (rest !== '' || fields.length > 0) {
    const match = /^(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/.exec(rest);
    if (match === null) return no('a quote is at the wrong place or has no partner; write a,b,c');
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '') break;
    rest = rest.slice(match[0].length);
  }
  return yes(fields);
}

function yes(value: FlagValue): ValueResult {
  return { ok: true, value };
}

function no(reason: string): ValueResult {
  return { ok: false, reason };
}
