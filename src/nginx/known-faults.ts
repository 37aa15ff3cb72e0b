/** Releases of nginx that mend vulnerabilities in what Tidegate uses (compat/security.md section 3). */

export interface KnownFault {
  readonly cve: string;
  readonly what: string;
  /** The first releases without it: of the stable branch that was young then, and of the branch before it. */
  readonly fixedIn: { readonly stable: string; readonly mainline: string };
}

/** Newest first. */
export const knownFaults: readonly KnownFault[] = [
  fault('CVE-2026-123007', 'memory corruption by HTTP/2 flow control', ['1.30.7', '1.31.9']),
  fault('CVE-2026-123633', 'use after free in HTTP/2', ['1.30.7', '1.31.9']),
  fault('CVE-2026-118899', 'endless loop over a request body with TLS 1.3', ['1.30.7', '1.31.9']),
  fault('CVE-2026-93479', 'overflow where texts with variables are evaluated', ['1.30.6', '1.31.7']),
  fault('CVE-2026-97629', 'forged sessions while ticket keys are rotated', ['1.30.6', '1.31.7']),
  fault('CVE-2026-42533', 'overflow by a map variable beside a capture', ['1.30.4', '1.31.3']),
  fault('CVE-2026-42055', 'large headers towards HTTP/2 endpoints', ['1.30.3', '1.31.2']),
  fault('CVE-2026-9256', 'rewrites with overlapping captures', ['1.30.2', '1.31.1']),
  fault('CVE-2026-42945', 'rewrites with a question mark', ['1.30.1', '1.31.0']),
  fault('CVE-2026-40701', 'use after free in OCSP', ['1.30.1', '1.31.0']),
  fault('CVE-2026-1642', 'plain text in answers of TLS endpoints', ['1.28.2', '1.29.5']),
  fault('CVE-2025-23419', 'client certificates of one host resumed for another', ['1.26.3', '1.27.4']),
];

function fault(cve: string, what: string, [stable, mainline]: readonly [string, string]): KnownFault {
  return { cve, what, fixedIn: { stable, mainline } };
}

/** Those that a release of nginx.org of this version has. Packages of distributions may have the fixes without the number. */
export function faultsOf(version: string): readonly KnownFault[] {
  return knownFaults.filter(({ fixedIn: { stable, mainline } }) => {
    const isStable = branchOf(version) === branchOf(stable);
    return compare(version, isStable ? stable : mainline) < 0;
  });
}

function branchOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number)) as [number[], number[]];
  const at = right.findIndex((part, index) => part !== (left[index] ?? 0));
  return at === -1 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}

/** One sentence for the log; null when nothing is known. */
export function describeFaults(version: string): string | null {
  const faults = faultsOf(version);
  const [newest] = knownFaults;
  if (faults.length === 0 || newest === undefined) return null;
  const names = faults.map(({ cve }) => cve).join(', ');
  return `nginx ${version} of nginx.org would have known vulnerabilities (${names}), which ${newest.fixedIn.stable} and ${newest.fixedIn.mainline} mend; see whether your package has the fixes`;
}
