/** What is known when somebody asks about a request. */
import type { Graph } from '../graph/graph.ts';
import type { LivePart, Model, Server } from '../model/model.ts';
import type { Ingress } from '../source/objects.ts';

/** What a sync has made, from objects to the model. */
export interface Inspected {
  readonly graph: Graph;
  readonly model: Model;
  /** As users wrote them, whatever is in quarantine. */
  readonly ingresses: readonly Ingress[];
}

export interface Held {
  readonly kind: string;
  readonly key: string;
  readonly message: string;
  readonly standIn: string;
}

export interface ExplainContext {
  /** What is wanted. */
  readonly wanted: Inspected;
  /** Servers of the file that serves; null before the first. */
  readonly serving: readonly Server[] | null;
  /** Hosts that are served before their reload. */
  readonly routes: LivePart;
  readonly quarantined: readonly Held[];
  readonly annotationsPrefix: string;
  /** Null when an Ingress is for this controller, else the reason. */
  readonly foreign: (ingress: Ingress) => string | null;
}

export interface Question {
  readonly host: string;
  /** With or without arguments. */
  readonly path: string;
}
