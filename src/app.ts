/** The composition root: makes every part, starts and stops them in order. Nothing else knows all of them. */
import type { Batcher } from './cluster/batch.ts';
import { createBatcher } from './cluster/batch.ts';
import { createStores } from './cluster/stores.ts';
import type { Stores } from './cluster/stores.ts';
import type { Options } from './config/flags/table.ts';
import type { Place } from './config/place.ts';
import { createGraphBuilder } from './graph/build.ts';
import { messageOf } from './lib/errors.ts';
import { createModelBuilder } from './model/build.ts';
import { createApplier } from './nginx/applier.ts';
import type { Applier, Proven } from './nginx/applier.ts';
import { checkGeneration } from './nginx/check.ts';
import { createControlClient } from './nginx/control.ts';
import { createRenderer } from './nginx/files.ts';
import { createLiveSender } from './nginx/live.ts';
import { createNginxProcess } from './nginx/process.ts';
import type { NginxProcess } from './nginx/process.ts';
import { loadTemplates } from './nginx/templates.ts';
import { startHealthServer } from './observe/health.ts';
import type { NamedLogger } from './observe/log.ts';
import { createMetrics } from './observe/metrics.ts';
import type { Metrics } from './observe/metrics.ts';
import { createReporter } from './report.ts';
import type { Reporter } from './report.ts';
import { graphOptionsOf } from './setup/graph-options.ts';
import { prepare } from './setup/prepare.ts';
import type { Prepared } from './setup/prepare.ts';
import { startFollowers } from './setup/followers.ts';
import type { Followers } from './setup/followers.ts';
import { startSource } from './setup/source.ts';
import type { RunningSource } from './setup/source.ts';
import { createSync } from './sync.ts';

export interface AppOptions {
  readonly options: Options;
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
  const metrics = createMetrics(controllerLabels(options));
  const state = { stopping: false };
  let source: RunningSource | null = null;
  const stores = createStores((key) => {
    batcher.changed(key);
    core.changed(key);
  });
  const core = createCore(app, {
    prepared,
    stores,
    metrics,
    source: () => source,
    again: (why) => batcher.changed(why),
  });
  closers.push(() => core.stop('hurry'));
  const batcher: Batcher = createBatcher({
    quietMs: 20,
    maximumMs: 200,
    onFault: app.onFatal,
    run: async (batch) => {
      if (stores.synced(source?.kinds ?? ['Ingress'])) await core.run(batch);
    },
  });
  closers.push(batcher.stop);
  const health = await startHealthServer({
    host: options.healthzHost,
    port: options.healthzPort,
    path: options.healthCheckPath,
    check: async () => (state.stopping || signal.aborted ? 'the controller is shutting down' : core.health()),
    metrics: metrics.exposition,
  });
  closers.push(health.close);
  source = await startSource({ options, place: app.place, sink: stores, log: log.named('source'), signal });
  closers.push(source.stop);
  batcher.changed('start');
  return {
    async stop(how) {
      state.stopping = true;
      await core.stopFollowers();
      await source.stop();
      await batcher.stop();
      await core.stop(how);
      await health.close();
      await prepared.release();
    },
  };
}

interface CoreParts {
  readonly prepared: Prepared;
  readonly stores: Stores;
  readonly metrics: Metrics;
  /** Null while it starts. */
  readonly source: () => RunningSource | null;
  /** Asks for another sync. */
  readonly again: (why: string) => void;
}

/** The stages from the stores to the proof, wired together. */
function createCore(app: AppOptions, parts: CoreParts) {
  const { options, log } = app;
  const { environment } = parts.prepared;
  const report = createReporter(log, parts.metrics);
  const graphOptions = graphOptionsOf(options);
  const templates = loadTemplates(app.place.assets.templates);
  const classesReadable = () => parts.source()?.classesReadable() ?? true;
  const plane = createDataPlane(app, parts, { ...report, proven: onProven });
  const sync = createSync({
    snapshot: parts.stores.snapshot,
    graph: createGraphBuilder(graphOptions),
    model: createModelBuilder(),
    renderer: createRenderer(templates, environment),
    live: plane.live,
    submit: plane.applier.submit,
    proven: plane.applier.proven,
    configMap: options.configmap,
    classesReadable,
    log,
    onGraph: report.graph,
    onSettings: report.settings,
    onLiveFailure: (error) => {
      log.error('live state could not be sent; it is tried again', { reason: messageOf(error) });
      setTimeout(() => parts.again('live state'), 1000).unref();
    },
  });
  let followers: Followers | null = null;

  function onProven(proven: Proven): void {
    report.proven(proven);
    sync
      .afterProof(proven.generation.checksum)
      .then(() => {
        if (followers !== null || !plane.live.complete()) return;
        followers = startFollowers({
          app,
          prepared: parts.prepared,
          identity: parts.source()?.identity ?? null,
          context: {
            snapshot: parts.stores.snapshot,
            settings: sync.settings,
            classesReadable,
            options: graphOptions,
          },
          templates,
        });
        app.onReady();
      })
      .catch(app.onFatal);
  }

  return {
    run: sync.run,
    health: plane.health,
    changed: (key: string) => followers?.changed(key),
    stopFollowers: async () => followers?.stop(),
    stop: (how: 'graceful' | 'hurry') => plane.stop(how === 'hurry' ? 0 : report.shutdownTimeout()),
  };
}

/** Everything that talks to nginx. */
function createDataPlane(app: AppOptions, parts: CoreParts, report: Pick<Reporter, 'proven' | 'refused'>) {
  const { environment, binary } = parts.prepared;
  const { layout } = environment;
  const log = app.log.named('nginx');
  const control = createControlClient(layout.controlSocket);
  const live = createLiveSender(control);
  const onRestart = () => {
    live.forget();
    parts.again('nginx is new');
  };
  const nginx = createNginxProcess({ binary, layout, log, onRestart });
  const applier = createApplier({
    layout,
    nginx,
    control,
    log,
    rateLimit: app.options.syncRateLimit,
    check: (generation) => checkGeneration(generation, { binary, layout }),
    onProven: report.proven,
    onRefused: (refusal) => {
      report.refused(refusal);
      if (applier.proven() === null)
        app.onFatal(new Error(`nginx refuses the first configuration: ${refusal.message}`));
    },
    onFault: app.onFatal,
  });
  return {
    live,
    applier,
    health: () => healthOf(nginx, applier, live.complete()),
    async stop(deadline: number) {
      await applier.stop();
      await nginx.stop(deadline);
      await control.close();
    },
  };
}

function healthOf(nginx: NginxProcess, applier: Applier, complete: boolean): string | null {
  if (nginx.pid() === null) return 'nginx is not running';
  if (applier.proven() === null) return 'no configuration serves yet';
  return complete ? null : 'nginx has not received all backends yet';
}

function controllerLabels(options: Options) {
  return {
    controller_class: options.controllerClass,
    controller_namespace: process.env['POD_NAMESPACE'] ?? 'default',
    controller_pod: process.env['POD_NAME'] ?? 'local',
  };
}
