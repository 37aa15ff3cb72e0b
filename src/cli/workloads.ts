/** Deployments and DaemonSets as they are written: of folders with manifests, or of a live cluster, read once. */
import { readFile } from 'node:fs/promises';
import { LineCounter, parseAllDocuments } from 'yaml';
import type { Document } from 'yaml';
import type { Options } from '../config/flags/table.ts';
import { silentLogger } from '../lib/log.ts';
import type { Workload } from '../migrate/controller.ts';
import { isDictionary } from '../source/files/check.ts';
import { lineOfField } from '../source/files/position.ts';
import { findRoots, walk } from '../source/files/walk.ts';
import { createKubeClient } from '../source/kube/client.ts';
import type { KubeClient } from '../source/kube/client.ts';
import { loadCredentials } from '../source/kube/credentials.ts';
import { pagesOf } from '../source/kube/pages.ts';

export interface ReadWorkloads {
  readonly workloads: readonly Workload[];
  /** What could not be read. */
  readonly gaps: readonly string[];
}

const KINDS = ['Deployment', 'DaemonSet'] as const;

/** @throws when the folders do not exist, or there are no credentials for a cluster. */
export function readWorkloads(options: Options): Promise<ReadWorkloads> {
  return options.manifests.length > 0 ? ofManifests(options.manifests) : ofCluster(options);
}

/** What is no YAML is told by whoever reads the other objects of the file. */
async function ofManifests(folders: readonly string[]): Promise<ReadWorkloads> {
  const { found } = await walk(await findRoots(folders));
  const workloads: Workload[] = [];
  for (const { path } of found) workloads.push(...inText(await readFile(path, 'utf8').catch(() => ''), path));
  return { workloads, gaps: [] };
}

function inText(text: string, file: string): readonly Workload[] {
  // Most files have none, and reading YAML takes time.
  if (!KINDS.some((kind) => text.includes(kind))) return [];
  const counter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: counter, logLevel: 'silent', merge: true });
  return documents.flatMap((document) =>
    document.errors.length > 0 ? [] : inDocument(document, { file, counter }),
  );
}

function inDocument(
  document: Document.Parsed,
  { file, counter }: { readonly file: string; readonly counter: LineCounter },
): readonly Workload[] {
  const value = valueOf(document);
  const placeOf = (field: string) =>
    `${file}:${lineOfField({ document, counter }, document.contents, field)}`;
  if (!isDictionary(value)) return [];
  const { items, kind } = value;
  if (!Array.isArray(items)) return workloadOf(value, placeOf);
  const listed = typeof kind === 'string' ? kind.replace(/List$/, '') : '';
  return items.flatMap((item: unknown, index) =>
    isDictionary(item)
      ? workloadOf({ kind: listed, ...item }, (field) => placeOf(`items[${index}].${field}`))
      : [],
  );
}

/** Aliases that cannot be followed are told elsewhere. */
function valueOf(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    return null;
  }
}

function workloadOf(
  value: Readonly<Record<string, unknown>>,
  placeOf: Workload['placeOf'],
): readonly Workload[] {
  const kind = KINDS.find((one) => one === value['kind']);
  return kind === undefined ? [] : [{ kind, value, placeOf }];
}

async function ofCluster(options: Options): Promise<ReadWorkloads> {
  const client = createKubeClient({ credentials: await loadCredentials({ ...options, log: silentLogger }) });
  const workloads: Workload[] = [];
  const gaps: string[] = [];
  try {
    for (const kind of KINDS) {
      const listed = await listOf(client, kind);
      if (typeof listed === 'string') gaps.push(`${kind.toLowerCase()}s (${listed})`);
      else workloads.push(...listed);
    }
  } finally {
    await client.close();
  }
  return { workloads, gaps };
}

/** A sentence when they cannot be listed. */
async function listOf(client: KubeClient, kind: Workload['kind']): Promise<readonly Workload[] | string> {
  const path = `/apis/apps/v1/${kind.toLowerCase()}s`;
  const found: Workload[] = [];
  for await (const page of pagesOf({ client, kind, path, query: {}, pageSize: 500 })) {
    if ('reason' in page) return page.message;
    for (const item of page.items)
      if (isDictionary(item)) found.push(...workloadOf({ ...item, kind }, () => ''));
  }
  return found;
}
