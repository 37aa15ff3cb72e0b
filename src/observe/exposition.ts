/** Families whose rows are computed when somebody asks, and how the text format of Prometheus, version 0.0.4, has them. */
import { goFloat } from './go-float.ts';
import { encodeLabels } from './protobuf.ts';
import type { Scraped } from './protobuf.ts';

/** Of all metrics that users know (compat/metrics.md). */
export const PREFIX = 'nginx_ingress_controller_';

export type Row = readonly [labels: Readonly<Record<string, string>>, value: number];

export interface Family {
  /** Without prefix. */
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly rows: readonly Row[];
}

export function printFamilies(families: readonly Family[]): string {
  return families.map(printFamily).join('');
}

function printFamily({ name, type, help, rows }: Family): string {
  const lines = rows.map(([labels, value]) => `${PREFIX}${name}{${labelsText(labels)}} ${goFloat(value)}`);
  return [`# HELP ${PREFIX}${name} ${help}`, `# TYPE ${PREFIX}${name} ${type}`, ...lines, ''].join('\n');
}

/** For the protobuf form. */
export function scrapedOf({ name, type, help, rows }: Family): Scraped {
  const metrics = rows.map(([labels, value]) => ({ labels: encodeLabels(labels), value }));
  return { name: PREFIX + name, type, help, metrics };
}

/** Without braces. */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(',');
}

function escapeLabel(value: string): string {
  return value
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);
}
