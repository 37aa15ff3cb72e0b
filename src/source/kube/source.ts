import type { Logger } from '../../lib/log.ts';
import type { Kind } from '../objects.ts';
import type { Sink, Source } from '../sink.ts';
import type { KubeClient } from './client.ts';
import { collectionPath, selectorsOf } from './kinds.ts';
import { startReflector } from './reflector.ts';
import type { Reflector, ReflectorStatus } from './reflector.ts';
import { defaultTimings, systemClock } from './timings.ts';
import type { Clock, Timings } from './timings.ts';

/** A kind to follow besides the usual ones. */
export interface ExtraKind {
  readonly kind: 'Node' | 'Pod';
  /** Default: as for all kinds. */
  readonly namespace?: string;
  readonly labelSelector?: string;
}

export interface KubeSourceOptions {
  /** Stays open when the source stops. */
  readonly client: KubeClient;
  readonly sink: Sink;
  readonly log: Logger;
  /** `--watch-namespace`; empty means all. */
  readonly watchNamespace: string;
  /** `--watch-namespace-selector`; Namespaces are followed only when it is not empty. The selecting is not done here. */
  readonly watchNamespaceSelector: string;
  readonly extraKinds?: readonly ExtraKind[];
  readonly timings?: Partial<Timings>;
  readonly clock?: Clock;
  /** Objects in one page of a list. Default 500. */
  readonly pageSize?: number;
  /**
   * Called with what the sink threw: its contents cannot be trusted any more. Default: an uncaught exception, because a stopped
   * process is started again and a stale one is not.
   */
  readonly crash?: (error: unknown) => void;
}

export interface KubeSource extends Source {
  /** By kind, only the kinds that are followed. */
  status(): ReadonlyMap<Kind, ReflectorStatus>;
}

/** Those that every sync needs. */
export const usualKinds: readonly Kind[] = [
  'Ingress',
  'IngressClass',
  'Service',
  'EndpointSlice',
  'Secret',
  'ConfigMap',
];

/** Follows the cluster until stopped; failures of the API server are outlived, see `startReflector`. */
export function startKubeSource(options: KubeSourceOptions): KubeSource {
  const stopping = new AbortController();
  const reflectors = new Map<Kind, Reflector>();
  for (const wanted of wantedKinds(options)) {
    reflectors.set(wanted.kind, start(options, wanted, stopping.signal));
  }
  const crash = options.crash ?? crashProcess;
  const ended = [...reflectors].map(async ([kind, reflector]) => {
    try {
      await reflector.done;
    } catch (error) {
      options.log.error('a consumer of objects failed', { kind, error });
      crash(error);
    }
  });
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(ended);
    },
    status: () => new Map([...reflectors].map(([kind, reflector]) => [kind, reflector.status()])),
  };
}

interface WantedKind {
  readonly kind: Kind;
  readonly namespace?: string;
  readonly labelSelector?: string;
}

function wantedKinds({ watchNamespaceSelector, extraKinds }: KubeSourceOptions): readonly WantedKind[] {
  const kinds: readonly Kind[] =
    watchNamespaceSelector === '' ? usualKinds : [...usualKinds, 'Namespace' as const];
  return [...kinds.map((kind) => ({ kind })), ...(extraKinds ?? [])];
}

function start(options: KubeSourceOptions, wanted: WantedKind, signal: AbortSignal): Reflector {
  const { kind, namespace = options.watchNamespace } = wanted;
  return startReflector({
    client: options.client,
    sink: options.sink,
    log: options.log,
    kind,
    path: collectionPath(kind, namespace),
    query: selectorsOf(kind, wanted.labelSelector),
    // A Role without the cluster-wide rule for classes is a supported install (compat/behaviour.md 2.2).
    whenForbidden: kind === 'IngressClass' ? 'empty' : 'wait',
    signal,
    pageSize: options.pageSize ?? 500,
    timings: { ...defaultTimings, ...options.timings },
    clock: options.clock ?? systemClock,
  });
}

function crashProcess(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
