/** What `lint` prints, and which checks are about the releases in question. */
import { Failure } from './io.ts';
import type { Lint } from './lints.ts';
import type { Meta } from './objects.ts';

export type Version = readonly [number, number, number];

/** The release of ingress-nginx whose place Tidegate takes. */
export const LATEST = '1.15.1';

/** Whatever stands around three numbers. @throws Failure */
export function parseVersion(text: string): Version {
  const [, major, minor, patch] = /(\d+)\.(\d+)\.(\d+)/.exec(text) ?? [];
  if (major === undefined || minor === undefined || patch === undefined)
    throw new Failure(`${JSON.stringify(text)} is not a version; write for example 0.22.0`);
  return [Number(major), Number(minor), Number(patch)];
}

export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

export interface Range {
  readonly from: Version;
  readonly to: Version;
}

/** A check about all releases counts as the oldest. */
export function lintsWithin<T>(lints: readonly Lint<T>[], { from, to }: Range): readonly Lint<T>[] {
  return lints.filter(({ version }) => {
    const at = parseVersion(version ?? '0.0.0');
    return compareVersions(from, at) <= 0 && compareVersions(at, to) <= 0;
  });
}

export interface ReportOptions {
  readonly allNamespaces?: true;
  readonly showAll?: true;
  readonly verbose?: true;
}

const ISSUES = 'https://github.com/kubernetes/ingress-nginx/issues';

export function reportOn<T extends { readonly metadata: Meta }>(
  objects: readonly T[],
  lints: readonly Lint<T>[],
  options: ReportOptions,
): string {
  return objects.map((object) => reportOne(object, lints, options)).join('');
}

function reportOne<T extends { readonly metadata: Meta }>(
  object: T,
  lints: readonly Lint<T>[],
  { allNamespaces, showAll, verbose }: ReportOptions,
): string {
  const { namespace, name } = object.metadata;
  const shown = allNamespaces === true ? `${namespace}/${name}` : name;
  const found = lints.filter(({ isFound }) => isFound(object));
  if (found.length === 0) return showAll === true ? `✓ ${shown}\n` : '';
  const lines = found.flatMap((lint) => [`  - ${lint.message}`, ...(verbose === true ? details(lint) : [])]);
  return `✗ ${shown}\n${lines.map((line) => `${line}\n`).join('')}\n`;
}

function details<T>({ version, issue }: Lint<T>): readonly string[] {
  return [
    ...(version === null ? [] : [`      Lint added for version ${version}`]),
    ...(issue === null ? [] : [`      ${ISSUES}/${issue}`]),
  ];
}
