/** Who is at fault when the text of a server cannot be made. */
import type { Server } from '../model/model.ts';

/** The text of a server is not what the model asked for, or could not be made at all. */
export class UnrenderableServer extends Error {
  override readonly name = 'UnrenderableServer';
  readonly host: string;
  /** `namespace/name` of the Ingress at fault, or of all that have locations there when that cannot be told. */
  readonly ingresses: readonly string[];

  constructor(cause: unknown, at: { readonly host: string; readonly ingresses: readonly string[] }) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.host = at.host;
    this.ingresses = at.ingresses;
  }
}

/** @param render throws for a server whose text cannot be made. */
export function blame(server: Server, render: (server: Server) => unknown): readonly string[] {
  const owners = [
    ...new Set(server.locations.map(({ route }) => `${route.namespace}/${route.ingress}`)),
  ].filter((owner) => owner !== '/');
  for (const owner of owners) {
    const locations = server.locations.filter(({ route }) => `${route.namespace}/${route.ingress}` === owner);
    if (throws(() => render({ ...server, locations }))) return [owner];
  }
  return [...new Set([...Object.values(server.owners), ...owners])];
}

function throws(action: () => unknown): boolean {
  try {
    action();
    return false;
  } catch {
    return true;
  }
}
