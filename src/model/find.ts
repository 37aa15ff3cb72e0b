/** nginx's choice of server and location as a pure function over the model; feature tests hold it against nginx itself. */
import type { Location, Model, Server } from './model.ts';

export type Found =
  | { readonly kind: 'location'; readonly server: Server; readonly location: Location }
  /** nginx answers 301 to the path with a slash (proxied prefix that ends with one). */
  | { readonly kind: 'slash-redirect'; readonly server: Server; readonly to: string };

/** @param uri the normalised path of the request, without arguments. */
export function find(model: Pick<Model, 'servers'>, host: string, uri: string): Found | null {
  const server = findServer(model, host.toLowerCase());
  return server === undefined ? null : findIn(server, uri);
}

/** The same where the server is known. */
export function findIn(server: Server, uri: string): Found | null {
  const exact = server.locations.find(({ match }) => match.kind === 'exact' && match.path === uri);
  if (exact !== undefined) return { kind: 'location', server, location: exact };
  const prefix = longestPrefix(server, uri);
  const redirect = server.locations.find(
    ({ match, policy }) => policy.answer === 'proxy' && match.kind !== 'regex' && match.path === `${uri}/`,
  );
  if (redirect !== undefined) return { kind: 'slash-redirect', server, to: `${uri}/` };
  const regex = server.locations.find(({ match }) => match.kind === 'regex' && matches(match.pattern, uri));
  const location = regex ?? prefix;
  return location === undefined ? null : { kind: 'location', server, location };
}

function findServer(model: Pick<Model, 'servers'>, host: string): Server | undefined {
  const exact = model.servers.find(({ name }) => name.kind === 'exact' && name.name === host);
  if (exact !== undefined) return exact;
  const wildcard = host.replace(/^[\w-]+\./, '*.');
  return (
    model.servers.find(({ name }) => name.kind === 'wildcard' && name.name === wildcard) ??
    model.servers.find(({ name }) => name.kind === 'catch-all')
  );
}

function longestPrefix(server: Server, uri: string): Location | undefined {
  let best: { readonly location: Location; readonly length: number } | undefined;
  for (const location of server.locations) {
    const { match } = location;
    if (match.kind !== 'prefix' || !uri.startsWith(match.path)) continue;
    if (best === undefined || match.path.length > best.length) best = { location, length: match.path.length };
  }
  return best?.location;
}

function matches(pattern: string, uri: string): boolean {
  try {
    return new RegExp(toJavaScript(pattern), 'i').test(uri);
  } catch {
    // JavaScript has no such syntax, so that nothing can be said.
    return false;
  }
}

/**
 * PCRE's syntax, as far as `parsePattern` lets it through, in JavaScript's. Modifiers in front are left out: case counts for
 * nothing anyway, and a path has no lines. A possessive repeat becomes a greedy one, which may match where it does not.
 */
function toJavaScript(pattern: string): string {
  return pattern.replaceAll(
    /\\[^]|\[(\^?)(\]?)((?:\\[^]|[^\]\\])*)\]|\(\?[ism]+\)|([*+?]|\{\d+(?:,\d*)?\})\+/g,
    (...found) => {
      const [text, negated, bracket, rest, repeat] = found as readonly (string | undefined)[];
      if (text?.startsWith('[')) return `[${negated}${bracket === ']' ? '\\]' : ''}${rest}]`;
      if (text?.startsWith('(')) return '';
      return repeat ?? text ?? '';
    },
  );
}
