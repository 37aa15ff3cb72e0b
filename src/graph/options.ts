import type { Reach } from '../lib/addresses.ts';
import type { LabelSelector } from '../lib/label-selector.ts';
import type { ObjectKey } from '../source/objects.ts';
import type { Budgets } from './budgets.ts';

/** TCP and UDP services. */
export interface StreamOptions {
  /** Keys of the ConfigMaps that name them, or null. */
  readonly tcp: ObjectKey | null;
  readonly udp: ObjectKey | null;
  /** Ports that are taken, with what has them. */
  readonly reserved: ReadonlyMap<number, string>;
  /** Whether TLS connections of hosts that ask for it are handed on undecrypted. */
  readonly passthrough: boolean;
  /** Whether nginx can do it at all. */
  readonly module: 'there' | 'missing';
}

/** What the command line decides about the meaning of objects. */
export interface GraphOptions {
  readonly ingressClass: string;
  readonly controllerClass: string;
  readonly ingressClassByName: boolean;
  readonly watchIngressWithoutClass: boolean;
  readonly annotationsPrefix: string;
  readonly disableCatchAll: boolean;
  readonly disableSvcExternalName: boolean;
  /** Label selector over namespaces, or null for all. */
  readonly namespaceSelector: LabelSelector | null;
  /** `namespace/name`, or null. */
  readonly defaultBackendService: string | null;
  /** `namespace/name`, or null. */
  readonly defaultSslCertificate: string | null;
  /** Which addresses may be reached. */
  readonly reach: Reach;
  /** Manifests on a laptop may name backends on loopback; a cluster may not. */
  readonly loopbackEndpoints: 'allowed' | 'refused';
  /** `1.2.3.4:443`: where the controller itself can be reached. */
  readonly ownEndpoints: ReadonlySet<string>;
  readonly budgets: Budgets;
  readonly streams: StreamOptions;
  /** Names and patterns of directives that snippets of Ingresses may hold although they are dangerous. */
  readonly snippetDirectives: readonly string[];
}
