/** The pipeline as one function: snapshot, graph, model, live state, files. What follows is the applier's. */
import type { Batch } from './cluster/batch.ts';
import { inputsOf } from './cluster/quarantine.ts';
import type { Blame, Inputs, Quarantine, Quarantined } from './cluster/quarantine.ts';
import type { Relevance } from './cluster/relevance.ts';
import type { Snapshot } from './cluster/snapshot.ts';
import type { Machine } from './config/settings/machine.ts';
import type { ReadSettings } from './config/settings/read.ts';
import type { Settings } from './config/settings/table.ts';
import type { GraphBuilder } from './graph/build.ts';
import type { GraphSettings } from './graph/collect.ts';
import type { Graph } from './graph/graph.ts';
import { messageOf } from './lib/errors.ts';
import type { Logger } from './lib/log.ts';
import { inSlices } from './lib/slices.ts';
import type { ModelBuilder } from './model/build.ts';
import type { Experience } from './model/experience.ts';
import type { LiveRoutes } from './model/live-routes.ts';
import type { LiveState, Model, Server } from './model/model.ts';
import { UnrenderableServer } from './nginx/blame.ts';
import type { EndpointTeller } from './nginx/endpoint-teller.ts';
import { UnrenderableFrame } from './nginx/frame-shape.ts';
import type { Generation } from './nginx/generation.ts';
import type { LiveSender } from './nginx/live.ts';
import { ownersOf } from './nginx/owners.ts';
import type { TemplateChoice } from './nginx/template-choice.ts';
import type { Generations, Pace } from './nginx/applier.ts';
import { changedServers } from './nginx/generation.ts';
import { paceOf } from './nginx/pace.ts';
import { createRoutesReader, stateOf } from './setup/sync-state.ts';
import type { SyncState } from './setup/sync-state.ts';
import { createSettingsReader } from './setup/settings-reader.ts';
import type { StageMetrics } from './observe/stage-metrics.ts';
import type { ConfigMap, ObjectKey } from './source/objects.ts';

export interface SyncParts {
  readonly snapshot: () => Snapshot;
  readonly quarantine: Pick<Quarantine, 'view' | 'refused' | 'proven' | 'list'>;
  /** Told what is in quarantine, changed or not. */
  readonly onQuarantine: (list: readonly Quarantined[]) => void;
  /** What is wanted serves. */
  readonly onServing: () => void;
  /** Asks for another sync. */
  readonly again: (why: string) => void;
  readonly relevance: Pick<Relevance, 'begin' | 'end'>;
  /** Key of the Service that answers where nobody else does, or null. */
  readonly defaultBackendService: ObjectKey | null;
  readonly graph: GraphBuilder;
  readonly model: ModelBuilder;
  readonly renderer: TemplateChoice;
  readonly live: LiveSender;
  readonly tellEndpoints: EndpointTeller['tell'];
  readonly experience: Pick<Experience, 'learn'>;
  readonly submit: (generation: Generation, pace: Pace) => void;
  /** Null without live routes. */
  readonly routes: LiveRoutes | null;
  readonly generations: () => Generations;
  /** Key of the controller's ConfigMap; empty for none. */
  readonly configMap: string;
  /** Whether IngressClasses may be read (compat/behaviour.md 2.2). */
  readonly classesReadable: () => boolean;
  /** The zone of the controller, when it matters. */
  readonly zone: () => string | null;
  /** What is known about TCP and UDP services besides objects. @param ours ports that nginx has for them already. */
  readonly streamFacts: (
    view: Snapshot,
    ours: ReadonlySet<string>,
  ) => Promise<Pick<GraphSettings, 'heldPorts' | 'resolvedNames'>>;
  /** What nginx and the files beside it allow. */
  readonly machine: () => Machine;
  readonly log: Logger;
  readonly onGraph: (graph: Graph, snapshot: Snapshot) => void;
  readonly onSettings: (read: ReadSettings, source: ConfigMap | undefined) => void;
  /** No file could be made of what is known now; what serves goes on. Not told twice in a row for the same reason. */
  readonly onUnrendered: (error: unknown) => void;
  readonly stages: StageMetrics;
  /** The live state could not be sent; the sync shall be run again after a while. */
  readonly onLiveFailure: (error: unknown) => void;
}

export interface Sync {
  run(batch: Batch): Promise<void>;
  state(): SyncState;
  /** The settings in force for a snapshot. */
  settings(snapshot: Snapshot): Settings;
  /** This generation serves now: what only older ones needed can go. */
  afterProof(generation: Generation): Promise<void>;
  /** nginx does not take this generation. Returns whether another one comes for it. */
  refused(generation: Generation, blames: readonly Blame[]): 'acted' | 'helpless';
}

export function createSync(parts: SyncParts): Sync {
  const settingsOf = createSettingsReader(parts);
  // As the model had them, in whose chunks a comparison finds quickly what is new.
  const origins = new WeakMap<Generation, Built>();
  const serversOf = (generation: Generation): readonly Server[] =>
    origins.get(generation)?.model.servers ?? generation.servers.map(({ server }) => server);
  let rejected: { readonly checksum: string; readonly blames: readonly Blame[] } | null = null;
  let latest: { readonly built: Built & { readonly graph: Graph }; readonly checksum: string | null } | null =
    null;

  const routesOf = createRoutesReader(parts, serversOf);

  function serves({ made }: Built, generation: Generation): void {
    parts.onServing();
    if (parts.renderer.proven(generation)) parts.again('templates');
    if (parts.quarantine.proven(made)) parts.again('quarantine');
  }

  const act = createAccuser(parts);
  const render = createGuardedRenderer(parts, act);

  async function run(batch: Batch): Promise<void> {
    const started = performance.now();
    const built = await build(parts, settingsOf, openPorts(parts, origins));
    const { model } = built;
    parts.stages.took('build', performance.now() - started);
    latest = { built, checksum: null };
    // Before the files, so that a backend is known when the first request for it comes, and a name when the first session does.
    await parts.tellEndpoints(model.endpointNames, { unused: 'keep' });
    const routes = routesOf(model);
    if (parts.generations().serving !== null) await sendLive(parts, [...model.live, routes], 'keep');
    const generation = await render(built);
    if (generation === null) return;
    // Endpoints of long ago, which the graph knows, are of no use later.
    origins.set(generation, { model, made: built.made });
    latest = { built, checksum: generation.checksum };
    // Somebody else is held back now, and it makes no difference.
    if (rejected?.checksum === generation.checksum) act(built, rejected.blames, generation);
    const { serving } = parts.generations();
    if (serving?.checksum === generation.checksum) {
      await sendLive(parts, model.live, 'remove');
      serves(built, generation);
    }
    parts.submit(generation, paceOf(generation, serving, routes));
    parts.log.debug(2, 'sync', {
      batch: batch.number,
      changes: batch.keys.size,
      milliseconds: Math.round(performance.now() - started),
    });
  }

  return {
    run,
    settings: (snapshot) => settingsOf(snapshot).settings,
    state: () => stateOf({ latest: latest?.built ?? null, parts, serversOf, routesOf }),
    refused(generation, blames) {
      const origin = origins.get(generation);
      if (parts.renderer.refused(generation, blames[0]?.message ?? 'nginx refuses it')) {
        parts.again('templates');
        return 'acted';
      }
      rejected = { checksum: generation.checksum, blames };
      return origin === undefined ? 'helpless' : act(origin, blames, generation);
    },
    async afterProof(generation) {
      const origin = origins.get(generation);
      rejected = null;
      if (origin !== undefined) {
        parts.experience.learn(origin.model.servers, origin.model.http.settings);
        serves(origin, generation);
      }
      if (latest === null) return;
      const { model } = latest.built;
      const { checksum } = generation;
      const unused = latest.checksum === checksum ? 'remove' : 'keep';
      await parts.tellEndpoints(model.endpointNames, { unused });
      await sendLive(parts, [...model.live, routesOf(model)], unused);
    },
  };
}

/** Those of TCP and UDP services that nginx listens on, or is about to. */
function openPorts({ generations }: SyncParts, origins: WeakMap<Generation, Built>): ReadonlySet<string> {
  const { serving, coming } = generations();
  const models = [serving, coming].flatMap((one) => (one === null ? [] : (origins.get(one)?.model ?? [])));
  return new Set(
    models.flatMap(({ stream }) => stream.services.map(({ protocol, port }) => `${protocol} ${port}`)),
  );
}

type Accuser = (built: Built, blames: readonly Blame[], generation?: Generation) => 'acted' | 'helpless';

function createAccuser(parts: SyncParts): Accuser {
  return (built, blames, generation) => {
    const { serving } = parts.generations();
    const news = generation === undefined || serving === null ? null : changedServers(serving, generation);
    const { servers, stream } = built.model;
    const pieces = stream.snippets.map(({ owner }) => owner as string);
    const effective = new Set([...(news ?? servers).flatMap(ownersOf), ...pieces]);
    const outcome = parts.quarantine.refused({ inputs: built.made, blames, effective });
    parts.onQuarantine(parts.quarantine.list());
    if (outcome === 'acted') parts.again('quarantine');
    return outcome;
  };
}

/** @param unused what becomes of keys that are not in it. */
async function sendLive(
  { live: sender, log, stages, onLiveFailure }: SyncParts,
  live: LiveState,
  unused: 'keep' | 'remove',
): Promise<void> {
  try {
    const started = performance.now();
    const sent = await sender.send(live, { unused });
    stages.took('live', performance.now() - started);
    stages.sent(sent.set + sent.removed);
    if (sent.set + sent.removed > 0) log.debug(2, 'live state sent', { ...sent });
  } catch (error) {
    stages.unsent();
    onLiveFailure(error);
  }
}

/** A bug that one object brings to light must not end the controller for all others. */
function createGuardedRenderer(parts: SyncParts, act: Accuser): (built: Built) => Promise<Generation | null> {
  let told: string | null = null;
  return async (built) => {
    try {
      const started = performance.now();
      const generation = await parts.renderer.render(built.model);
      parts.stages.took('render', performance.now() - started);
      told = null;
      return generation;
    } catch (error) {
      const reason = messageOf(error);
      if (reason !== told) parts.onUnrendered(error);
      told = reason;
      act(built, [blameOf(error)]);
      return null;
    }
  };
}

/** A model, and what users wrote for it. */
interface Built {
  readonly model: Model;
  readonly made: Inputs;
}

async function build(
  parts: SyncParts,
  settingsOf: (snapshot: Snapshot) => ReadSettings,
  openPorts: ReadonlySet<string>,
): Promise<Built & { readonly graph: Graph }> {
  parts.relevance.begin();
  const snapshot = parts.snapshot();
  const view = parts.quarantine.view(snapshot);
  parts.onQuarantine(parts.quarantine.list());
  const { settings } = settingsOf(view);
  const facts = await parts.streamFacts(view, openPorts);
  const graph = await inSlices(
    parts.graph.slices(view, {
      ...settings,
      ...facts,
      ingressClassesReadable: parts.classesReadable(),
      zone: parts.zone(),
    }),
  );
  parts.relevance.end(servicesOf(graph, parts));
  parts.onGraph(graph, snapshot);
  const model = await inSlices(parts.model.slices(graph, settings));
  const made = inputsOf({ snapshot, view }, parts.configMap, graph.fileSecrets);
  return { model, graph, made };
}

function blameOf(error: unknown): Blame {
  const message = messageOf(error);
  if (error instanceof UnrenderableServer) return { message, ingresses: error.ingresses, place: 'server' };
  return { message, ingresses: [], place: error instanceof UnrenderableFrame ? 'frame' : 'unknown' };
}

function servicesOf(graph: Graph, { defaultBackendService }: SyncParts): ReadonlySet<ObjectKey> {
  const named = graph.backends.flatMap(({ ref }) =>
    ref === null ? [] : [`${ref.namespace}/${ref.service}`],
  );
  const all = [...named, ...graph.streams.wanted];
  return new Set(defaultBackendService === null ? all : [...all, defaultBackendService]);
}
