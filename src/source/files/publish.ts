import { keyOf } from '../../lib/keys.ts';
import type { Logger } from '../../lib/log.ts';
import type { Kind, KubeObject, ObjectKey } from '../objects.ts';
import type { Sink } from '../sink.ts';
import { difference, identityOf, type Merged, type Winners } from './merge.ts';
import type { Fault } from './placed.ts';

export const allKinds = Object.keys({
  Ingress: true,
  IngressClass: true,
  Service: true,
  EndpointSlice: true,
  Secret: true,
  ConfigMap: true,
  Namespace: true,
  Node: true,
  Pod: true,
} satisfies Record<Kind, true>) as readonly Kind[];

/** Tells the sink what is different from the state before; the first state is given whole, every kind of it. */
export function createPublisher(sink: Sink): (winners: Winners) => void {
  let given: Map<Kind, Map<ObjectKey, KubeObject>> | undefined;
  return (winners) => {
    if (given === undefined) {
      given = new Map(allKinds.map((kind) => [kind, objectsOf(winners, kind)]));
      for (const [kind, objects] of given) sink.replace(kind, [...objects.values()]);
      return;
    }
    const { put, removed } = difference(given, winners);
    for (const object of put) {
      given.get(object.kind)?.set(keyOf(object.metadata), object);
      sink.put(object);
    }
    for (const { kind, key } of removed) {
      given.get(kind)?.delete(key);
      sink.remove(kind, key);
    }
  };
}

function objectsOf(winners: Winners, kind: Kind): Map<ObjectKey, KubeObject> {
  const ofKind = winners.get(kind) ?? new Map<ObjectKey, never>();
  return new Map([...ofKind].map(([key, { object }]) => [key, object]));
}

export type OnFault = (fault: Fault) => void;

/** Tells each fault once, when it appears; one that goes away and comes back is told again. */
export function createFaultReporter(log: Logger, onFault: OnFault): (faults: Merged['faults']) => void {
  let known: ReadonlySet<string> = new Set();
  return (faults) => {
    const now = new Set<string>();
    for (const fault of faults) {
      const identity = identityOf(fault);
      if (!known.has(identity) && !now.has(identity)) {
        log.warn('manifest cannot be used', { file: fault.file, line: fault.line, reason: fault.reason });
        onFault(fault);
      }
      now.add(identity);
    }
    known = now;
  };
}
