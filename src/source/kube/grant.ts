/** What an RBAC rule would have to say for a request to be allowed. */

interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
}

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** A sentence for the one who may grant it; empty when the path is not that of an object or a collection. */
export function missingGrant(asked: Asked): string {
  const found = resourceOf(asked.path);
  if (found === null) return '';
  const { group, namespace, resource } = found;
  const place = namespace === '' ? 'a ClusterRole' : `a Role in namespace ${namespace}, or a ClusterRole,`;
  return (
    `grant the verb "${verbOf(asked, found.name)}" on the resource "${resource}" (apiGroup "${group}") ` +
    `by ${place} that is bound to the ServiceAccount of this controller`
  );
}

interface Resource {
  readonly group: string;
  readonly namespace: string;
  /** With its subresource: `ingresses/status`. */
  readonly resource: string;
  readonly name: string;
}

function resourceOf(path: string): Resource | null {
  const [, group = '', rest] = /^\/(?:api|apis\/([^/]+))\/v[^/]+\/(.+)$/.exec(path) ?? [];
  if (rest === undefined) return null;
  const parts = rest.split('/').map(decodeURIComponent);
  // `namespaces/x` is the object, `namespaces/x/pods` what is inside.
  const inside = parts[0] === 'namespaces' && parts.length > 2;
  const [plural = '', name = '', sub] = inside ? parts.slice(2) : parts;
  const namespace = inside ? (parts[1] ?? '') : plural === 'namespaces' ? name : '';
  return { group, namespace, resource: sub === undefined ? plural : `${plural}/${sub}`, name };
}

function verbOf({ method = 'GET', query }: Asked, name: string): string {
  if (method !== 'GET') return VERBS[method] ?? method.toLowerCase();
  if (query?.['watch'] === 'true') return 'watch';
  return name === '' ? 'list' : 'get';
}
