import type { FlagSpec } from './spec.ts';

/** How the API server is reached, which namespaces are seen, and who leads. */
export const apiFlags = {
  'apiserver-host': {
    type: 'string',
    default: '',
    doc: 'URL of the API server; when empty, the credentials that the cluster gives to every pod are used, or else the default kubeconfig.',
    group: 'api',
    effect: 'now',
  },
  kubeconfig: {
    type: 'string',
    default: '',
    doc: 'Path of a kubeconfig file; --apiserver-host overrides the server that it names.',
    group: 'api',
    effect: 'now',
  },
  'certificate-authority': {
    type: 'string',
    default: '',
    doc: 'Path of the PEM file with the authorities that sign the certificate of the API server; needs --apiserver-host.',
    group: 'api',
    effect: 'now',
  },
  'watch-namespace': {
    type: 'string',
    default: '',
    doc: 'The only namespace whose objects are used, which must exist; when empty, all are used.',
    group: 'api',
    effect: 'now',
  },
  'watch-namespace-selector': {
    type: 'string',
    default: '',
    doc: 'Label selector of the namespaces whose objects are used; cannot be combined with --watch-namespace.',
    group: 'api',
    effect: 'now',
  },
  'sync-period': {
    type: 'duration',
    default: 0,
    doc: 'Accepted without effect: nothing is missed between two full lists, so repeating them on a schedule gains nothing.',
    group: 'api',
    effect: 'none',
  },
  'sync-rate-limit': {
    type: 'float32',
    default: 1,
    doc:
      'Upper bound of nginx reloads per second; changes of endpoints and certificates need no reload and are not bound by it ' +
      '(ingress-nginx: 0.3, for every kind of change).',
    group: 'api',
    effect: 'now',
  },
  'election-id': {
    type: 'string',
    default: 'ingress-controller-leader',
    doc: 'Name of the Lease by which the replicas choose the one that writes status.',
    group: 'api',
    effect: 'now',
  },
  'election-ttl': {
    type: 'duration',
    default: 30_000,
    doc: 'How long a leader that is silent keeps its Lease.',
    group: 'api',
    effect: 'now',
  },
  'disable-leader-election': {
    type: 'bool',
    default: false,
    doc: 'Do without the Lease, and so without status updates and the certificate expiry metric.',
    group: 'api',
    effect: 'now',
  },
  'update-status': {
    type: 'bool',
    default: true,
    doc: 'Write the addresses under which the controller is reached into the status of every Ingress.',
    group: 'api',
    effect: 'now',
  },
  'update-status-on-shutdown': {
    type: 'bool',
    default: true,
    doc: 'Take the addresses out of the status again when the last replica stops.',
    group: 'api',
    effect: 'now',
  },
  'status-update-interval': {
    type: 'int',
    default: 60,
    doc: 'Seconds between two checks of all statuses, at least 5.',
    group: 'api',
    effect: 'now',
  },
  'publish-service': {
    type: 'string',
    default: '',
    doc: 'Service, as namespace/name, whose addresses are written into the status.',
    group: 'api',
    effect: 'now',
  },
  'publish-status-address': {
    type: 'string',
    default: '',
    doc: 'Addresses or host names, comma separated, that are written into the status as they are.',
    group: 'api',
    effect: 'now',
  },
  'report-node-internal-ip-address': {
    type: 'bool',
    default: false,
    doc: 'Write the internal instead of the external addresses of the nodes into the status when neither publish flag is set.',
    group: 'api',
    effect: 'now',
  },
} as const satisfies Readonly<Record<string, FlagSpec>>;
