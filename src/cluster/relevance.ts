/** Which changes can change what is served: most EndpointSlices of a cluster belong to Services that no Ingress names. */
import type { ObjectKey } from '../source/objects.ts';
import type { ChangedKey } from './stores.ts';

export interface Relevance {
  /** Passes on what may matter. What comes during a sync, whose result is not known yet, is judged when that ends. */
  changed(key: ChangedKey, service?: ObjectKey): void;
  /** A sync is about to look at the stores. */
  begin(): void;
  /** The sync has ended. @param services keys of all Services that it has looked for. */
  end(services: ReadonlySet<ObjectKey>): void;
}

/** The graph reads nothing of these. */
const FOR_STATUS_ONLY = /^(?:Pod|Node|IngressStatus) /;

export function createRelevance(pass: (key: ChangedKey) => void): Relevance {
  let known: ReadonlySet<ObjectKey> | null = null;
  let doubtful: Map<ChangedKey, ObjectKey> | null = null;
  return {
    changed(key, service) {
      if (FOR_STATUS_ONLY.test(key)) return;
      if (service === undefined || known === null || known.has(service)) pass(key);
      else doubtful?.set(key, service);
    },
    begin() {
      doubtful = new Map();
    },
    end(services) {
      const waiting = doubtful ?? new Map<ChangedKey, ObjectKey>();
      known = services;
      doubtful = null;
      for (const [key, service] of waiting) if (services.has(service)) pass(key);
    },
  };
}
