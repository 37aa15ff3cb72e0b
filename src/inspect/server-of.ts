/** The server of a host, as nginx looks for it: names, then names with wildcards, then expressions, then the default. */
import type { Server } from '../model/model.ts';

export interface FoundServer {
  readonly server: Server;
  readonly by: 'name' | 'alias' | 'wildcard' | 'expression' | 'default';
}

export function findServer(servers: readonly Server[], host: string): FoundServer | null {
  const suffixes = host.split('.').map((_label, index, labels) => labels.slice(index + 1).join('.'));
  const wildcard = host.replace(/^[^.]+\./, '');
  const tries: readonly (readonly [FoundServer['by'], (server: Server) => boolean])[] = [
    ['name', ({ name }) => name.kind === 'exact' && name.name === host],
    ['alias', ({ aliases }) => aliases.some((alias) => alias === host || alias === `.${host}`)],
    [
      'alias',
      ({ aliases }) =>
        aliases.some((alias) => /^\*?\./.test(alias) && suffixes.includes(alias.replace(/^\*?\./, ''))),
    ],
    [
      'alias',
      ({ aliases }) => aliases.some((alias) => alias.endsWith('.*') && host.startsWith(alias.slice(0, -1))),
    ],
    ['wildcard', ({ name }) => name.kind === 'wildcard' && name.name.replace(/^\*\./, '') === wildcard],
    [
      'expression',
      ({ aliases }) => aliases.some((alias) => alias.startsWith('~') && matches(alias.slice(1), host)),
    ],
    ['default', ({ name }) => name.kind === 'catch-all'],
  ];
  for (const [by, fits] of tries) {
    const server = servers.find(fits);
    if (server !== undefined) return { server, by };
  }
  return null;
}

function matches(pattern: string, host: string): boolean {
  try {
    return new RegExp(pattern, 'i').test(host);
  } catch {
    return false;
  }
}

const WORDS: Readonly<Record<FoundServer['by'], string>> = {
  name: '',
  alias: ', by an alias of it',
  wildcard: ', by its wildcard',
  expression: ', by an expression among its aliases',
  default: ', the default server: no Ingress that is in force names the host',
};

export function serverLine({ server, by }: FoundServer): string {
  return `Server    ${server.host}${WORDS[by]}`;
}
