/** The text format of Prometheus, version 0.0.4, for families whose rows are computed when somebody asks. */
import { goFloat } from './go-float.ts';

/** Of all metrics that users know (compat/metrics.md). */
export const PREFIX = 'nginx_ingress_controller_';

export type Row = readonly [labels: Readonly<Record<string, string>>, value: number];

export interface Family {
  /** Without prefix. */
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
}

export function printFamily({ name, type, help }: Family, rows: readonly Row[]): string {
  const lines = rows.map(([labels, value]) => `${PREFIX}${name}{${labelsText(labels)}} ${goFloat(value)}`);
  return [`# HELP ${PREFIX}${name} ${help}`, `# TYPE ${PREFIX}${name} ${type}`, ...lines, ''].join('\n');
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
