/** The checks of `lint` (compat/kubectl-plugin.md, "Lint"). */
import type { DeploymentShape, IngressShape } from './objects.ts';

export interface Lint<T> {
  /** What is wrong, and what to do. */
  readonly message: string;
  readonly isFound: (object: T) => boolean;
  /** Release of ingress-nginx that it is about; null: all of them. */
  readonly version: string | null;
  readonly issue: number | null;
}

type Annotations = Readonly<Record<string, string>>;

function about<T>(message: string, isFound: (object: T) => boolean): Lint<T> {
  return { message, isFound, version: null, issue: null };
}

function annotationsOf({ metadata }: IngressShape): readonly (readonly [name: string, value: string])[] {
  const annotations: Annotations = metadata.annotations ?? {};
  return Object.entries(annotations);
}

/** Whatever stands in front of the name. */
function hasAnnotation(name: string, isWrong: (value: string) => boolean = () => true) {
  return (ingress: IngressShape) =>
    annotationsOf(ingress).some(([key, value]) => key.endsWith(`/${name}`) && isWrong(value));
}

function hasPrefix(prefix: string) {
  return (ingress: IngressShape) => annotationsOf(ingress).some(([key]) => key.startsWith(prefix));
}

function removed(name: string, instead: string): string {
  return `Uses the annotation "${name}", which was removed; ${instead}.`;
}

export const ingressLints: readonly Lint<IngressShape>[] = [
  {
    message: removed('secure-backends', 'write backend-protocol: "HTTPS" instead'),
    isFound: hasAnnotation('secure-backends'),
    version: '0.21.0',
    issue: 3203,
  },
  {
    message: removed('grpc-backend', 'write backend-protocol: "GRPC" instead'),
    isFound: hasAnnotation('grpc-backend'),
    version: '0.21.0',
    issue: 3203,
  },
  {
    message: removed('add-base-url', 'nothing takes its place: the application has to know its base URL'),
    isFound: hasAnnotation('add-base-url'),
    version: '0.22.0',
    issue: 3174,
  },
  {
    message: removed('base-url-scheme', 'nothing takes its place: the application has to know its base URL'),
    isFound: hasAnnotation('base-url-scheme'),
    version: '0.22.0',
    issue: 3174,
  },
  {
    message: removed('session-cookie-hash', 'take it away: cookies are always made in the same way'),
    isFound: hasAnnotation('session-cookie-hash'),
    version: '0.24.0',
    issue: 3743,
  },
  {
    message: removed('mirror-uri', 'write mirror-target instead'),
    isFound: hasAnnotation('mirror-uri'),
    version: '0.28.1',
    issue: 5015,
  },
  {
    message:
      'Uses the annotation "rewrite-target" without a capture group, so that all paths become one and the same; write for example /$1.',
    isFound: hasAnnotation('rewrite-target', (value) => !/\$\d/.test(value)),
    version: '0.22.0',
    issue: 3174,
  },
  about(
    'Has an annotation that begins with nginx.org/: it is for another controller, made by NGINX Inc.',
    hasPrefix('nginx.org/'),
  ),
  about(
    'Has an annotation that begins with nginx.com/: it is for another controller, made by NGINX Inc.',
    hasPrefix('nginx.com/'),
  ),
  {
    message: 'Uses "true" or "false" for the annotation "x-forwarded-prefix"; write the prefix itself.',
    isFound: hasAnnotation('x-forwarded-prefix', (value) => value === 'true' || value === 'false'),
    version: '0.24.0',
    issue: 3786,
  },
  about(
    'Says "satisfy" in a configuration-snippet, which may let requests past the authentication; write the annotation "satisfy" instead.',
    (ingress) =>
      annotationsOf(ingress)
        .find(([key]) => key.endsWith('/configuration-snippet'))?.[1]
        .includes('satisfy') === true,
  ),
];

function hasFlag(flag: string) {
  return ({ spec }: DeploymentShape) =>
    (spec?.template?.spec?.containers ?? []).some(
      ({ args = [] }) => args[0] === '/nginx-ingress-controller' && args.some((arg) => arg.startsWith(flag)),
    );
}

export const deploymentLints: readonly Lint<DeploymentShape>[] = [
  {
    message: 'Uses the flag --sort-backends, which was removed; take it away.',
    isFound: hasFlag('--sort-backends'),
    version: '0.22.0',
    issue: 3655,
  },
  {
    message:
      'Uses the flag --force-namespace-isolation, which was removed; use --watch-namespace and roles of Kubernetes.',
    isFound: hasFlag('--force-namespace-isolation'),
    version: '0.24.0',
    issue: 3887,
  },
];
