/** What `/dbg` and the kubectl plugin ask the running controller. */
import type { Quarantined } from '../cluster/quarantine.ts';
import type { Snapshot } from '../cluster/snapshot.ts';
import { acceptedClasses, belongsToUs, namespaceInScope } from '../graph/classes.ts';
import type { GraphOptions } from '../graph/options.ts';
import { showBackends } from '../inspect/backends.ts';
import { showCertificate } from '../inspect/certificate.ts';
import type { ExplainContext, Held } from '../inspect/context.ts';
import { explainRequest } from '../inspect/explain.ts';
import { startInspection } from '../inspect/server.ts';
import type { Answer, InspectionServer } from '../inspect/server.ts';
import type { Logger } from '../lib/log.ts';
import type { Draining } from '../nginx/draining.ts';
import type { Ingress } from '../source/objects.ts';
import type { SyncState } from './sync-state.ts';
import type { Lately } from './lately.ts';

export interface InspectionSetup {
  /** Of the socket. */
  readonly path: string;
  readonly log: Logger;
  readonly options: GraphOptions;
  readonly snapshot: () => Snapshot;
  readonly classesReadable: () => boolean;
  readonly state: () => SyncState;
  readonly quarantined: () => readonly Quarantined[];
  readonly draining: () => Promise<Draining>;
  readonly lately: Lately;
}

const NOTHING: Answer = {
  status: 503,
  body: 'the controller knows nothing yet: its first sync has not ended\n',
};

export function startInspectionOf(setup: InspectionSetup): Promise<InspectionServer> {
  const { path, log } = setup;
  return startInspection({
    path,
    log,
    answers: {
      '/backends': () => backends(setup),
      '/certificate': (query) => certificate(setup, query.get('host') ?? ''),
      '/generation': () => generation(setup),
      '/explain': (query) =>
        explain(setup, { host: query.get('host') ?? '', path: query.get('path') ?? '/' }),
    },
  });
}

function json(value: unknown): Answer {
  return { status: 200, body: `${JSON.stringify(value, null, 2)}\n` };
}

function backends({ state, snapshot }: InspectionSetup): Answer {
  const { latest } = state();
  if (latest === null) return NOTHING;
  const { graph, model } = latest;
  const { services } = snapshot();
  return json(showBackends({ graph, services, loadBalance: model.http.settings.loadBalance }));
}

const WITHHELD =
  'The private key is withheld: it never leaves the memory of nginx and the Secret that it comes from.\n';

function certificate({ state }: InspectionSetup, host: string): Answer {
  const { latest } = state();
  if (latest === null) return NOTHING;
  const found = showCertificate(latest.graph, host);
  switch (found.kind) {
    case 'own':
      return { status: 200, body: `${found.chain}${WITHHELD}Secret: ${found.secret}\n` };
    case 'default': {
      const reasons = found.reasons.map((reason) => `${reason}\n`).join('');
      return {
        status: 404,
        body: `No cert found for host ${host}; it gets the default certificate\n${reasons}`,
      };
    }
    case 'none':
      return { status: 404, body: `No cert found for host ${host}\n` };
  }
}

async function generation({ lately, draining }: InspectionSetup): Promise<Answer> {
  return json({ ...lately.state(), draining: await draining() });
}

function explain(setup: InspectionSetup, question: { readonly host: string; readonly path: string }): Answer {
  const { latest, serving, routes } = setup.state();
  if (latest === null) return NOTHING;
  const snapshot = setup.snapshot();
  const context: ExplainContext = {
    wanted: { ...latest, ingresses: snapshot.ingresses },
    serving,
    routes,
    quarantined: setup.quarantined().map(heldOf),
    annotationsPrefix: setup.options.annotationsPrefix,
    foreign: foreignIn(snapshot, setup),
  };
  return { status: 200, body: explainRequest(question, context) };
}

function heldOf({ item: { kind, key }, message, standIn }: Quarantined): Held {
  return { kind, key, message, standIn };
}

function foreignIn(
  snapshot: Snapshot,
  { options, classesReadable }: InspectionSetup,
): (ingress: Ingress) => string | null {
  const classes = classesReadable() ? acceptedClasses(snapshot, options) : null;
  return (ingress) => {
    const { metadata, spec } = ingress;
    if (!namespaceInScope(metadata.namespace, snapshot, options))
      return `its namespace ${metadata.namespace} is not among those of --watch-namespace-selector`;
    if (belongsToUs(ingress, classes, options)) return null;
    const name = spec.ingressClassName ?? metadata.annotations?.['kubernetes.io/ingress.class'];
    return name === undefined
      ? 'it names no class, and --watch-ingress-without-class is not set'
      : `its class ${JSON.stringify(name)} is not one of this controller`;
  };
}
