/** Numbers as Go's strconv reads them with base 0, which is what the flags of Kubernetes programs accept. */

export type NumberResult =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly reason: string };

export interface IntegerRange {
  readonly min: number;
  readonly max: number;
}

/** `8080`, `0x1F90`, `0o17`, `017`, `0b11`, `8_080`. A sign is read only when the range has negative numbers. */
export function parseInteger(text: string, range: IntegerRange): NumberResult {
  const [, sign = '', digits = ''] = (range.min < 0 ? /^([-+]?)(.+)$/s : /^()(.+)$/s).exec(text) ?? [];
  const value = magnitude(digits);
  if (value === undefined) return no('it is not a whole number; write one such as 10');
  const signed = sign === '-' && value !== 0 ? -value : value;
  if (signed < range.min || signed > range.max) {
    return no(`it is out of range; write a whole number from ${range.min} to ${range.max}`);
  }
  return { ok: true, value: signed };
}

function magnitude(text: string): number | undefined {
  // A separator is legal only between two digits or after the prefix, which `_?` before each digit says.
  if (/^0[xX](?:_?[\da-fA-F])+$/.test(text)) return Number(text.replaceAll('_', ''));
  if (/^0[bB](?:_?[01])+$/.test(text)) return Number(text.replaceAll('_', ''));
  if (/^0[oO](?:_?[0-7])+$/.test(text)) return Number(text.replaceAll('_', ''));
  if (/^0(?:_?[0-7])+$/.test(text)) return Number.parseInt(text.replaceAll('_', ''), 8);
  if (/^(?:0|[1-9](?:_?\d)*)$/.test(text)) return Number(text.replaceAll('_', ''));
  return undefined;
}

const largestFloat32 = 3.4028235677973366e38;

/** `0.3`, `1e3`, `.5`, `5.`, `inf`, `nan`, each with a sign. Hexadecimal fractions are not read. */
export function parseFloatText(text: string, bits: 32 | 64): NumberResult {
  const special = /^([-+]?)(inf|infinity|nan)$/i.exec(text);
  if (special !== null) return specialFloat(special[1] ?? '', special[2] ?? '');
  if (!/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text))
    return no('it is not a number; write one such as 0.5');
  const value = Number(text);
  if (!Number.isFinite(value) || (bits === 32 && Math.abs(value) >= largestFloat32)) {
    return no(`it does not fit into ${bits} bits; write a smaller number`);
  }
  return { ok: true, value };
}

function specialFloat(sign: string, word: string): NumberResult {
  if (word.toLowerCase() === 'nan') {
    return sign === '' ? { ok: true, value: Number.NaN } : no('it is not a number; write one such as 0.5');
  }
  return { ok: true, value: sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY };
}

function no(reason: string): NumberResult {
  return { ok: false, reason };
}
