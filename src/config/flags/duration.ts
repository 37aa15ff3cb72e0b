/** Durations as Go writes and reads them (package `time`, ParseDuration and String). */

const nanosecondsPer: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  '\u00b5s': 1000n,
  '\u03bcs': 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const largest = 2n ** 63n - 1n;
const example = 'write a number with a unit, such as 30s, 1m30s or 500ms';

export type DurationResult =
  | { readonly ok: true; readonly milliseconds: number }
  | { readonly ok: false; readonly reason: string };

/** Reads `1h15m30.918s`, `-1.5h`, `300ms`, `0`. A number without a unit is refused. */
export function parseDuration(text: string): DurationResult {
  const [, sign = '', rest = ''] = /^([-+]?)(.*)$/s.exec(text) ?? [];
  if (rest === '0') return { ok: true, milliseconds: 0 };
  if (rest === '') return bad('it is empty');
  let total = 0n;
  let from = 0;
  while (from < rest.length) {
    const part = /^(\d*)(?:\.(\d*))?([^\d.]*)/.exec(rest.slice(from));
    const [all = '', whole = '', fraction = '', unit = ''] = part ?? [];
    if (whole === '' && fraction === '') return bad(`${JSON.stringify(rest.slice(from))} is not a number`);
    if (unit === '') return bad('the unit is missing');
    const size = Object.hasOwn(nanosecondsPer, unit) ? nanosecondsPer[unit] : undefined;
    if (size === undefined) return bad(`the unit ${JSON.stringify(unit)} is unknown`);
    total += BigInt(whole || '0') * size + partOf(fraction, size);
    from += all.length;
  }
  if (total > largest) return { ok: false, reason: 'it is longer than the 292 years that fit; write less' };
  const milliseconds = Number(total) / 1e6;
  return { ok: true, milliseconds: sign === '-' && total !== 0n ? -milliseconds : milliseconds };
}

/** Digits after the point, times the unit; what is below a nanosecond is dropped. */
function partOf(fraction: string, size: bigint): bigint {
  return fraction === '' ? 0n : (BigInt(fraction) * size) / 10n ** BigInt(fraction.length);
}

function bad(reason: string): DurationResult {
  return { ok: false, reason: `${reason}; ${example}` };
}

/** Writes milliseconds (down to a nanosecond) as Go does: `1h0m0s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(milliseconds: number): string {
  const total = BigInt(Math.round(Math.abs(milliseconds) * 1e6));
  const sign = milliseconds < 0 && total !== 0n ? '-' : '';
  if (total === 0n) return '0s';
  if (total < 1000n) return `${sign}${total}ns`;
  if (total < 1_000_000n) return `${sign}${decimal(total, 3)}\u00b5s`;
  if (total < 1_000_000_000n) return `${sign}${decimal(total, 6)}ms`;
  const minutes = total / 60_000_000_000n;
  const seconds = `${decimal(total % 60_000_000_000n, 9)}s`;
  if (minutes === 0n) return sign + seconds;
  const hours = minutes / 60n;
  return hours === 0n ? `${sign}${minutes}m${seconds}` : `${sign}${hours}h${minutes % 60n}m${seconds}`;
}

/** An integer with the point moved `places` to the left, without zeros at the end. */
function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return fraction === '' ? digits.slice(0, -places) : `${digits.slice(0, -places)}.${fraction}`;
}
