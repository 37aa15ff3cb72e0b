import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { Literal } from '../text/safe.ts';

// RFC 1123 subdomain: what the API server allows for names of all the kinds that we read; also all that file names and
// configuration text ever get from a name.
const NAME = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;
const PORT_NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9]{0,61}[A-Za-z0-9])?$/;

/** A Kubernetes name; the API server has checked it already, manifests and webhook bodies have not been. */
export function parseName(text: string): Result<Literal> {
  if (!NAME.test(text))
    return fail(
      `"${text.slice(0, 80)}" is not a Kubernetes name; use lower-case letters, digits, "-" and "."`,
    );
  return ok(text as string as Literal);
}

/** A port number or a port name as text: `80`, `http`. */
export function parsePortText(
  port: { readonly name?: string; readonly number?: number } | undefined,
): Result<Literal> {
  if (port?.number !== undefined && port.number > 0) {
    if (Number.isInteger(port.number) && port.number <= 65535) return ok(String(port.number) as Literal);
    return fail(`${port.number} is not a port number from 1 to 65535`);
  }
  if (port?.name !== undefined && PORT_NAME.test(port.name)) return ok(port.name as Literal);
  return fail('has no port; write "port: {number: 80}" or "port: {name: http}"');
}
