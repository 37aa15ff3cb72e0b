/** Who is at fault when the text of a server cannot be made. */
import type { Server } from '../model/model.ts';
import { ownerOf, ownersOf } from './owners.ts';

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
  const owners = ownersOf(server);
  const guilty = owners.find((owner) => {
    const locations = server.locations.filter((location) => ownerOf(location) === owner);
    return locations.length > 0 && throws(() => render({ ...server, locations }));
  });
  return guilty === undefined ? owners : [guilty];
}

function throws(action: () => unknown): boolean {
  try {
    action();
    return false;
  } catch {
    return true;
  }
}
