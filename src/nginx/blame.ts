/** Who is at fault when the text of a server cannot be made. */
import type { Server } from '../model/model.ts';

/** The text of a server is not what the model asked for, or could not be made at all. */
export class UnrenderableServer extends Error {
  override readonly name = 'UnrenderableServer';
  readonly host: string;
  /** `namespace/name` of the Ingress at fault, or null when that cannot be told. */
  readonly ingress: string | null;

  constructor(cause: unknown, at: { readonly host: string; readonly ingress: string | null }) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.host = at.host;
    this.ingress = at.ingress;
  }
}

/** @param render throws for a server whose text cannot be made. */
export function blame(server: Server, render: (server: Server) => unknown): string | null {
  const owners = new Set(server.locations.map(({ route }) => `${route.namespace}/${route.ingress}`));
  for (const owner of owners) {
    const locations = server.locations.filter(({ route }) => `${route.namespace}/${route.ingress}` === owner);
    if (owner !== '/' && throws(() => render({ ...server, locations }))) return owner;
  }
  return null;
}

function throws(action: () => unknown): boolean {
  try {
    action();
    return false;
  } catch {
    return true;
  }
}
