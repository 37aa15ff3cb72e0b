/** Metrics of the controller itself; names and labels as in compat/metrics.md. */
import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { PREFIX } from './exposition.ts';
import type { Scraped } from './protobuf.ts';
import { familiesOf } from './registry-families.ts';
import { createReviewMetrics } from './review-metrics.ts';
import type { ReviewMetrics } from './review-metrics.ts';
import { createStageMetrics } from './stage-metrics.ts';
import type { StageMetrics } from './stage-metrics.ts';

export interface ControllerLabels {
  readonly controller_class: string;
  readonly controller_namespace: string;
  readonly controller_pod: string;
}

export interface Metrics {
  /** A generation serves. `checksum` is decimal. */
  applied(checksum: string): void;
  refused(): void;
  /** What is wanted serves, without a reload. */
  inForce(): void;
  problems(count: number): void;
  /** Workers of older generations that still finish their requests. */
  draining(counts: { readonly generations: number; readonly workers: number }): void;
  /** Objects that nginx refused, by kind. */
  quarantined(counts: Readonly<Record<string, number>>): void;
  /** Said from the first time on that this replica is the elected one. */
  leading(leads: boolean, election: string): void;
  hosts(counts: { readonly ingresses: number; readonly hosts: number }): void;
  readonly stages: StageMetrics;
  /** Null without a webhook. */
  readonly reviewed: ReviewMetrics | null;
  exposition(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** The same for the protobuf form. */
  families(): Promise<readonly Scraped[]>;
}

/** What never changes while the controller runs. */
export interface Facts {
  readonly build: { readonly version: string; readonly build: string; readonly repository: string };
  readonly nginx: { readonly version: string; readonly knownFaults: number };
  readonly webhook: 'on' | 'off';
}

export function createMetrics(labels: ControllerLabels, facts: Facts): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const labelNames = Object.keys(labels);
  const gauge = (name: string, help: string) =>
    new Gauge({ name: PREFIX + name, help, labelNames, registers: [registry] });
  const counter = (name: string, help: string) =>
    new Counter({ name: PREFIX + name, help, labelNames, registers: [registry] });
  const hash = gauge('config_hash', 'Checksum of the configuration that serves');
  const successful = gauge(
    'config_last_reload_successful',
    'Whether the last reload brought its configuration into force',
  );
  const since = gauge(
    'config_last_reload_successful_timestamp_seconds',
    'When the last successful reload was proven',
  );
  for (const never of [hash, successful, since]) never.set({ ...labels }, 0);
  const success = counter('success', 'Configurations that were brought into force');
  const errors = counter('errors', 'Configurations that nginx refused');
  const problems = gauge('problems', 'Problems found in the objects of users');
  const ingresses = gauge('ingresses', 'Ingresses that belong to this controller');
  const hosts = gauge('hosts', 'Hosts that are served');
  const drainingGenerations = gauge(
    'draining_generations',
    'Configurations that are in force no more and whose workers still finish requests',
  );
  const drainingWorkers = gauge('draining_workers', 'Workers of such configurations');
  const quarantined = new Gauge({
    name: `${PREFIX}quarantined`,
    help: 'Objects and settings that nginx refused, and in whose place something else serves',
    labelNames: [...labelNames, 'kind'],
    registers: [registry],
  });
  const leader = new Gauge({
    name: `${PREFIX}leader_election_status`,
    help: 'Whether this replica is the elected one',
    labelNames: [...labelNames, 'name'],
    registers: [registry],
  });
  const scrapes = createScrapeMetrics(registry);
  const stages = createStageMetrics(registry, { ...labels });
  const reviewed = facts.webhook === 'on' ? createReviewMetrics(registry, { ...labels }) : null;
  let hasLed = false;
  showFacts({ registry, labels, facts });
  return {
    applied(checksum) {
      // A float holds 53 bits; the value only serves to see that it changed.
      hash.set({ ...labels }, Number(BigInt(checksum) % 2n ** 53n));
      successful.set({ ...labels }, 1);
      since.set({ ...labels }, Math.floor(Date.now() / 1000));
      success.inc({ ...labels });
    },
    inForce: () => successful.set({ ...labels }, 1),
    refused() {
      successful.set({ ...labels }, 0);
      errors.inc({ ...labels });
    },
    quarantined(counts) {
      for (const [kind, count] of Object.entries(counts)) quarantined.set({ ...labels, kind }, count);
    },
    leading(leads, election) {
      hasLed ||= leads;
      if (hasLed) leader.set({ ...labels, name: election }, leads ? 1 : 0);
    },
    problems: (count) => problems.set({ ...labels }, count),
    draining({ generations, workers }) {
      drainingGenerations.set({ ...labels }, generations);
      drainingWorkers.set({ ...labels }, workers);
    },
    hosts(counts) {
      ingresses.set({ ...labels }, counts.ingresses);
      hosts.set({ ...labels }, counts.hosts);
    },
    stages,
    reviewed,
    exposition: () =>
      scrapes(async () => ({ contentType: registry.contentType, text: await registry.metrics() })),
    families: () => scrapes(() => familiesOf(registry)),
  };
}

/** What the metrics server of Go programs says of itself. */
function createScrapeMetrics(registry: Registry): <T>(scrape: () => Promise<T>) => Promise<T> {
  const registers = [registry];
  const total = new Counter({
    name: 'promhttp_metric_handler_requests_total',
    help: 'Scrapes that were answered, by status',
    labelNames: ['code'],
    registers,
  });
  for (const code of ['200', '500', '503']) total.inc({ code }, 0);
  const inFlight = new Gauge({
    name: 'promhttp_metric_handler_requests_in_flight',
    help: 'Scrapes that are being answered',
    registers,
  });
  return async (scrape) => {
    inFlight.inc();
    try {
      const result = await scrape();
      total.inc({ code: '200' });
      return result;
    } catch (error) {
      total.inc({ code: '500' });
      throw error;
    } finally {
      inFlight.dec();
    }
  };
}

interface Showing {
  readonly registry: Registry;
  readonly labels: ControllerLabels;
  readonly facts: Facts;
}

function showFacts({ registry, labels, facts: { build, nginx } }: Showing): void {
  const show = (
    name: string,
    help: string,
    { value, more }: { value: number; more: Record<string, string> },
  ) =>
    new Gauge({
      name: PREFIX + name,
      help,
      labelNames: [...Object.keys(labels), ...Object.keys(more)],
      registers: [registry],
    }).set({ ...labels, ...more }, value);
  const { version: release, build: number, repository } = build;
  show('build_info', 'The build of the controller; always 1', {
    value: 1,
    more: { release, build: number, repository },
  });
  show('nginx_known_vulnerabilities', 'Vulnerabilities that a release of nginx.org of this version has', {
    value: nginx.knownFaults,
    more: { version: nginx.version },
  });
}
