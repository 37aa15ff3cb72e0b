/** The composition root: makes every part, starts and stops them in order. Nothing else knows all of them. */
import type { Batch, Batcher } from './cluster/batch.ts';
import { createBatcher } from './cluster/batch.ts';
import { createQuarantine } from './cluster/quarantine.ts';
import { createRelevance } from './cluster/relevance.ts';
import { createStores } from './cluster/stores.ts';
import type { FlagName, Options } from './config/flags/table.ts';
import type { Place } from './config/place.ts';
import { build } from './config/version.ts';
import { messageOf } from './lib/errors.ts';
import { endsWithin } from './lib/within.ts';
import { createExperience } from './model/experience.ts';
import { faultsOf } from './nginx/known-faults.ts';
import { createStuckCheck } from './observe/stuck.ts';
import type { NamedLogger } from './observe/log.ts';
import { blamesOf } from './setup/quarantine.ts';
import { createReporter } from './report.ts';
import { graphOptionsOf, withModules } from './setup/graph-options.ts';
import { prepare } from './setup/prepare.ts';
import type { Prepared } from './setup/prepare.ts';
import { createEventTeller } from './setup/events.ts';
import type { EventTeller } from './setup/events.ts';
import { endInOrder } from './setup/ending.ts';
import type { Ending } from './setup/ending.ts';
import { createDataPlane } from './setup/data-plane.ts';
import { createTemplating } from './setup/custom-templates.ts';
import { startFollowers } from './setup/followers.ts';
import type { Followers } from './setup/followers.ts';
import { downloadDatabases } from './setup/geo-download.ts';
import { followFolder } from './setup/followed-folder.ts';
import type { Following } from './setup/followed-folder.ts';
import { startSource } from './setup/source.ts';
import type { RunningSource } from './setup/source.ts';
import { createDashboard } from './setup/dashboard.ts';
import { createHistory } from './dashboard/history.ts';
import { createLately } from './setup/lately.ts';
import { startListeners } from './setup/listeners.ts';
import { startObservation } from './setup/observation.ts';
import { successorOf } from './setup/successor.ts';
import type { Successor } from './setup/successor.ts';
import { classesReadable, createPipeline } from './pipeline.ts';
import type { CoreParts } from './pipeline.ts';

export interface AppOptions {
  readonly options: Options;
  /** Flags on the command line. */
  readonly given: ReadonlySet<FlagName>;
  readonly place: Place;
  readonly log: NamedLogger;
  /** Fires when the controller shall stop: a start is given up, and the health check fails from now on. */
  readonly signal: AbortSignal;
  /** Called once everything is proven to serve. */
  readonly onReady: () => void;
  /** Something that cannot be outlived; the caller stops the app and exits. */
  readonly onFatal: (error: unknown) => void;
}

export interface App {
  /** Everything goes on, but connections are not kept any more: clients should have left before it stops. */
  drain(): Promise<void>;
  /** For whoever has moved the log files of nginx away. */
  reopenLogs(): void;
  /** Who serves when this replica has gone; null outside of a cluster. */
  successor(): Successor | null;
  /** Stops in order; resolves when nothing is left. `hurry`: requests in flight are not waited for. */
  stop(how: 'graceful' | 'hurry'): Promise<void>;
}

/** @throws when the controller cannot start; the message is for the user. Nothing is left running then. */
export async function startApp(app: AppOptions): Promise<App> {
  const prepared = await prepare({ ...app, log: app.log.named('nginx') });
  const closers: (() => Promise<void>)[] = [prepared.release];
  try {
    return await assemble(app, prepared, closers);
  } catch (error) {
    for (const close of closers.toReversed()) await close();
    throw error;
  }
}

type Closers = (() => Promise<void>)[];

async function assemble(app: AppOptions, prepared: Prepared, closers: Closers): Promise<App> {
  const { options, log, signal } = app;
  const observation = await observe(app, prepared);
  closers.push(observation.close);
  const state = { stopping: false };
  const isStopping = () => state.stopping || signal.aborted;
  const graphOptions = withModules(graphOptionsOf(options), prepared.environment.features);
  let source: RunningSource | null = null;
  let events: EventTeller | null = null;
  const relevance = createRelevance((key) => batcher.changed(key));
  const stores = createStores((key, service) => {
    relevance.changed(key, service);
    core.changed(key);
  });
  const record = createHistory(Date.now, options.dashboard ? 'kept' : 'left out');
  const parts: CoreParts = {
    prepared,
    stores,
    relevance,
    metrics: observation.metrics,
    observation,
    record,
    lately: createLately({ record, now: Date.now }),
    dashboard: createDashboard({ ...app, record }),
    graphOptions,
    source: () => source,
    events: () => events,
    again: (why) => batcher.changed(why),
  };
  const core = createCore(app, parts);
  closers.push(() => core.stop('hurry'));
  const batcher: Batcher = startBatching(app, parts, core.run);
  closers.push(batcher.stop);
  const stuck = createStuckCheck({ sync: batcher.busy, generation: core.overdue, log });
  // Where nobody asks for health, the log tells it all the same.
  const watch = setInterval(stuck, 30_000).unref();
  closers.push(async () => clearInterval(watch));
  const listeners = await startListeners({
    ...app,
    check: async () => (isStopping() ? SHUTTING_DOWN : (stuck() ?? core.health())),
    metrics: (accept) =>
      observation.exposition({ ...core, followed: () => source?.followed() ?? [] }, accept),
    parts,
    core,
  });
  closers.push(listeners.close);
  // Before there is anything to be rendered.
  const files = await core.followFiles();
  closers.push(files.stop);
  source = await startSource({ options, place: app.place, sink: stores, log: log.named('source'), signal });
  closers.push(source.stop);
  const { identity } = source;
  if (identity !== null)
    events = createEventTeller({ options, identity, graphOptions, log: log.named('events') });
  batcher.changed('start');
  return {
    async drain() {
      state.stopping = true;
      await endsWithin(core.drain(), LONGEST_DRAIN);
    },
    reopenLogs: core.reopenLogs,
    successor: () => (identity === null ? null : successorOf(stores.snapshot(), identity.name)),
    async stop(how) {
      state.stopping = true;
      clearInterval(watch);
      const endings: readonly Ending[] = [
        { name: 'webhook and election', end: core.stopFollowers },
        { name: 'files', end: files.stop },
        { name: 'events', end: () => events?.stop() },
        { name: 'source', end: () => source?.stop() },
        { name: 'sync', end: batcher.stop },
        { name: 'nginx', end: () => core.stop(how), limits: 'its own' },
        { name: 'listeners', end: listeners.close },
        { name: 'metrics', end: observation.close },
        { name: 'data folder', end: prepared.release },
      ];
      await endInOrder(endings, log);
    },
  };
}

function startBatching(app: AppOptions, parts: CoreParts, run: (batch: Batch) => Promise<void>): Batcher {
  return createBatcher({
    quietMs: 10,
    maximumMs: 200,
    onFault: app.onFatal,
    async run(batch) {
      parts.lately.changed(batch);
      const source = parts.source();
      // Half a cluster must never be served.
      if (source !== null && parts.stores.synced(source.kinds)) await run(batch);
    },
  });
}

/** Milliseconds in which nginx and the webhook are told; they need one. */
const LONGEST_DRAIN = 15_000;
const SHUTTING_DOWN = 'the controller is shutting down';

function observe({ options, log }: AppOptions, { environment }: Prepared) {
  const { version } = environment.features;
  const webhook = options.validatingWebhook === '' ? 'off' : 'on';
  const facts = { build, nginx: { version, knownFaults: faultsOf(version).length }, webhook } as const;
  return startObservation({ options, environment, log: log.named('metrics'), facts });
}

/** The stages from the stores to the proof, wired together. */
function createCore(app: AppOptions, parts: CoreParts) {
  const report = createReporter(app.log, parts.metrics, parts.record);
  const templates = createTemplating({
    templates: app.place.assets.templates,
    environment: parts.prepared.environment,
    log: app.log,
    again: parts.again,
    tell: (message) => parts.events()?.refused(message),
  });
  const plane = createDataPlane({
    prepared: parts.prepared,
    log: app.log,
    rateLimit: app.options.syncRateLimit,
    gather: app.options.liveRoutesAge === 0 ? 'automatic' : app.options.liveRoutesAge,
    drainingLimit: app.options.maxDrainingGenerations,
    settings: report,
    again: parts.again,
    onFatal: app.onFatal,
    proven: (proven) => {
      report.proven(proven);
      parts.events()?.reloaded();
      sync.afterProof(proven.generation).then(startOnce).catch(app.onFatal);
    },
    refused(refusal) {
      report.refused(refusal);
      parts.events()?.refused(refusal.failures[0].message);
      return refusal.cause === 'environment' ? 'acted' : sync.refused(refusal.generation, blamesOf(refusal));
    },
  });
  const experience = createExperience();
  const quarantine = createQuarantine({
    annotationsPrefix: app.options.annotationsPrefix,
    configMap: app.options.configmap,
    now: Date.now,
  });
  const { renderer } = templates;
  const sync = createPipeline(app, parts, { report, renderer, plane, experience, quarantine });
  let followers: Followers | null = null;

  /** What needs a configuration that serves starts with the first one. */
  function startOnce(): void {
    if (followers !== null || !plane.live.complete() || quarantine.searching()) return;
    const { snapshot } = parts.stores;
    followers = startFollowers({
      app,
      prepared: parts.prepared,
      identity: parts.source()?.identity ?? null,
      context: {
        snapshot,
        settings: sync.settings,
        classesReadable: classesReadable(parts),
        options: parts.graphOptions,
      },
      templates: templates.builtIn,
      experience,
      onReviewed: (review) => parts.metrics.reviewed?.(review),
      view: quarantine.view,
    });
    app.onReady();
  }

  return {
    run: sync.run,
    health: plane.health,
    overdue: plane.overdue,
    draining: plane.draining,
    master: plane.master,
    reopenLogs: plane.reopenLogs,
    state: sync.state,
    quarantined: quarantine.list,
    classesReadable: classesReadable(parts),
    changed: (key: string) => followers?.changed(key),
    leading: () => followers?.leading() ?? false,
    followFiles: () => followFiles(app, parts, templates.follow),
    drain: async () => void (await Promise.all([plane.drain(), followers?.drain()])),
    stopFollowers: async () => followers?.stop(),
    stop: (how: 'graceful' | 'hurry') => plane.stop(how === 'hurry' ? 0 : report.shutdownTimeout()),
  };
}

/** Templates of an administrator, and databases about addresses. */
async function followFiles(
  { options, log, signal }: AppOptions,
  { prepared, again }: Pick<CoreParts, 'prepared' | 'again'>,
  followTemplates: () => Promise<Following>,
): Promise<Following> {
  const templates = await followTemplates();
  const folder = prepared.environment.layout.geoip;
  const stopping = new AbortController();
  const download = { options, folder, log, signal: AbortSignal.any([signal, stopping.signal]) };
  const databases = await followFolder({
    folder,
    look: async () => again('databases about addresses'),
    onError: (error) => log.warn('databases about addresses are not followed', { reason: messageOf(error) }),
  });
  // Nobody waits for them: what comes counts when it comes.
  const downloading = downloadDatabases(download);
  return {
    async stop() {
      stopping.abort();
      await downloading;
      await templates.stop();
      await databases.stop();
    },
  };
}
