/** What `tidegate migrate` finds out: for each Ingress whether it means the same as with ingress-nginx. */

/**
 * `refused`: not in force, and the webhook would refuse it. `different`: in force, and something about it is not as it was. `ignored`:
 * has no effect here although it had one. `same`: worth knowing, and the same with both.
 */
export type FindingKind = 'refused' | 'different' | 'ignored' | 'same';

export interface Finding {
  readonly kind: FindingKind;
  /** Path of the field; empty for the object as a whole. */
  readonly field: string;
  /** `file:line`; empty when the object comes from a cluster. */
  readonly place: string;
  readonly message: string;
}

/** `foreign`: another controller serves it, or none. */
export type Outcome = 'same' | 'different' | 'ignored' | 'refused' | 'foreign';

export interface IngressReport {
  /** `namespace/name`. */
  readonly name: string;
  readonly place: string;
  readonly outcome: Outcome;
  readonly findings: readonly Finding[];
  /** What its snippets could say instead. */
  readonly snippets: readonly SnippetAdvice[];
}

export interface SnippetAdvice {
  readonly annotation: string;
  /** Name of a directive. */
  readonly directive: string;
  /** What says the same as a typed annotation or key; null: nothing does. */
  readonly instead: string | null;
}

/** The five ways in which ingress-nginx matches paths that surprise most. */
export type Surprise = 'prefix-regex' | 'regex-for-all' | 'rewrite-regex' | 'slash-redirect' | 'normalized';

export interface HostReport {
  readonly host: string;
  readonly surprises: readonly {
    readonly surprise: Surprise;
    /** `path of namespace/name`. */
    readonly paths: readonly string[];
  }[];
}

/** The controller that is to be replaced. */
export interface ControllerReport {
  /** `Deployment namespace/name`. */
  readonly name: string;
  readonly place: string;
  /** Its flags that count here, as `--name=value`. */
  readonly taken: readonly string[];
  readonly findings: readonly Finding[];
}

export interface Report {
  /** Of Tidegate. */
  readonly version: string;
  /** Where the objects come from. */
  readonly source: string;
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly ingresses: readonly IngressReport[];
  readonly hosts: readonly HostReport[];
  /** Null when it was not found. */
  readonly controller: ControllerReport | null;
  /** About keys of the ConfigMap. */
  readonly settings: readonly Finding[];
  /** About entries of the ConfigMaps with TCP and UDP services that are left out. */
  readonly streams: readonly Finding[];
  /** What could not be read, so that something may be missing. */
  readonly gaps: readonly string[];
}

export const surprises: Readonly<Record<Surprise, string>> = {
  'prefix-regex':
    'A regular expression matches every path that begins like it, in upper and lower case; write "$" at its end where that is not meant.',
  'regex-for-all':
    'One Ingress of the host uses regular expressions, so that the Exact and Prefix paths of all its Ingresses are regular expressions, too.',
  'rewrite-regex':
    'rewrite-target alone, without use-regex, makes all paths of the host regular expressions.',
  'slash-redirect': 'A request for the path without its last slash is answered with 301 to the path with it.',
  normalized:
    'Requests are matched after "//", "/./" and "/../" are resolved and %-sequences decoded; a path that is written with such is never reached.',
};

const ORDER: readonly FindingKind[] = ['refused', 'different', 'ignored'];

/** The worst of what was found. */
export function outcomeOf(findings: readonly Finding[]): Outcome {
  const kinds = new Set(findings.map(({ kind }) => kind));
  return (ORDER.find((kind) => kinds.has(kind)) ?? 'same') as Outcome;
}

export function countOutcomes(ingresses: readonly IngressReport[]): Report['counts'] {
  const count = (outcome: Outcome) => ingresses.filter((one) => one.outcome === outcome).length;
  return {
    same: count('same'),
    different: count('different'),
    ignored: count('ignored'),
    refused: count('refused'),
    foreign: count('foreign'),
  };
}
