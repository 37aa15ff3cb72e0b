/** `kube-webhook-certgen create` and `patch`: certificates for the admission webhook (compat/flags.md). */
import type { KubeClient } from '../source/kube/client.ts';
import type { ApiAnswer } from '../source/kube/client.ts';
import { makeCertificates, renewalReason } from './certgen-certificates.ts';
import type { WebhookCertificates } from './certgen-certificates.ts';

export interface CreateOptions {
  readonly hosts: readonly string[];
  readonly namespace: string;
  readonly secretName: string;
  readonly certName: string;
  readonly keyName: string;
}

export interface PatchOptions {
  readonly namespace: string;
  readonly secretName: string;
  readonly webhookName: string;
  readonly patchValidating: boolean;
  readonly patchMutating: boolean;
  /** Empty, `Fail` or `Ignore`; only `Fail` changes anything. */
  readonly failurePolicy: string;
}

export interface CertgenParts {
  readonly client: KubeClient;
  readonly now: () => number;
  readonly say: (level: 'info' | 'warning', message: string) => void;
}

interface SecretBody {
  readonly metadata: { readonly resourceVersion?: string };
  readonly data?: Readonly<Record<string, string>>;
}

/** Makes the Secret when it is missing, and renews it when its certificate is about to expire or is for other hosts. */
export async function create(options: CreateOptions, parts: CertgenParts): Promise<void> {
  const existing = await readSecret(options, parts.client);
  if (existing === null) {
    await write('POST', options, { parts, body: await secretBody(options, parts.now(), undefined) });
    parts.say('info', 'secret created');
    return;
  }
  if (existing.data?.['ca'] === undefined) {
    throw new Error(
      `Secret ${options.namespace}/${options.secretName} exists without an entry "ca"; delete it to have it made anew`,
    );
  }
  const cert = decode(existing.data[options.certName] ?? '');
  const reason = renewalReason(cert, options.hosts, parts.now());
  if (reason === null) {
    parts.say('info', 'secret already exists');
    return;
  }
  const body = await secretBody(options, parts.now(), existing.metadata.resourceVersion);
  const answer = await write('PUT', options, { parts, body, tolerate: 403 });
  if (answer.status === 403) {
    parts.say(
      'warning',
      `${reason}, and this service account may not update the Secret; delete it to have it made anew`,
    );
  } else {
    parts.say('info', `secret renewed: ${reason}`);
  }
}

async function secretBody(
  options: CreateOptions,
  now: number,
  resourceVersion: string | undefined,
): Promise<object> {
  const made: WebhookCertificates = await makeCertificates(options.hosts, now);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: options.secretName,
      namespace: options.namespace,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    type: 'Opaque',
    data: { ca: encode(made.ca), [options.certName]: encode(made.cert), [options.keyName]: encode(made.key) },
  };
}

interface WriteInput {
  readonly parts: CertgenParts;
  readonly body: object;
  readonly tolerate?: number;
}

async function write(method: 'POST' | 'PUT', options: CreateOptions, input: WriteInput): Promise<ApiAnswer> {
  const base = `/api/v1/namespaces/${encodeURIComponent(options.namespace)}/secrets`;
  const path = method === 'POST' ? base : `${base}/${encodeURIComponent(options.secretName)}`;
  const answer = await input.parts.client.request({ method, path, body: input.body });
  if (answer.status >= 300 && answer.status !== input.tolerate) {
    throw new Error(`Secret ${options.namespace}/${options.secretName} cannot be written: ${answer.problem}`);
  }
  return answer;
}

async function readSecret(
  at: { readonly namespace: string; readonly secretName: string },
  client: KubeClient,
): Promise<SecretBody | null> {
  const path = `/api/v1/namespaces/${encodeURIComponent(at.namespace)}/secrets/${encodeURIComponent(at.secretName)}`;
  const answer = await client.request({ path });
  if (answer.status === 404) return null;
  if (answer.status !== 200)
    throw new Error(`Secret ${at.namespace}/${at.secretName} cannot be read: ${answer.problem}`);
  return answer.body as SecretBody;
}

interface WebhookConfiguration {
  readonly webhooks?: readonly { readonly clientConfig?: object; readonly failurePolicy?: string }[];
}

/** Puts the CA of the Secret into the webhook configurations. */
export async function patch(options: PatchOptions, parts: CertgenParts): Promise<void> {
  checkPatch(options);
  const secret = await readSecret(options, parts.client);
  const ca = secret?.data?.['ca'] ?? '';
  if (ca === '')
    throw new Error(`Secret ${options.namespace}/${options.secretName} has no entry "ca"; run create first`);
  if (options.webhookName === '') return;
  const kinds = [
    ...(options.patchValidating ? ['validatingwebhookconfigurations'] : []),
    ...(options.patchMutating ? ['mutatingwebhookconfigurations'] : []),
  ];
  for (const kind of kinds) await patchOne(kind, ca, { options, parts });
}

function checkPatch({ patchValidating, patchMutating, failurePolicy, webhookName }: PatchOptions): void {
  if (!patchValidating && !patchMutating) {
    throw new Error('nothing to do: --patch-validating and --patch-mutating are both false');
  }
  if (!['', 'Fail', 'Ignore'].includes(failurePolicy)) {
    throw new Error(`--patch-failure-policy is "${failurePolicy}"; write Fail or Ignore`);
  }
  if (webhookName === '' && failurePolicy !== '') {
    throw new Error('--patch-failure-policy is given, but no --webhook-name to patch');
  }
}

async function patchOne(
  kind: string,
  ca: string,
  { options, parts }: { readonly options: PatchOptions; readonly parts: CertgenParts },
): Promise<void> {
  const path = `/apis/admissionregistration.k8s.io/v1/${kind}/${encodeURIComponent(options.webhookName)}`;
  const found = await parts.client.request({ path });
  if (found.status !== 200)
    throw new Error(`${kind} ${options.webhookName} cannot be read: ${found.problem}`);
  const configuration = found.body as WebhookConfiguration;
  const webhooks = (configuration.webhooks ?? []).map((webhook) => ({
    ...webhook,
    clientConfig: { ...webhook.clientConfig, caBundle: ca },
    ...(options.failurePolicy === 'Fail' ? { failurePolicy: 'Fail' } : {}),
  }));
  const answer = await parts.client.request({ method: 'PUT', path, body: { ...configuration, webhooks } });
  if (answer.status !== 200)
    throw new Error(`${kind} ${options.webhookName} cannot be written: ${answer.problem}`);
  parts.say('info', `patched ${kind} ${options.webhookName}`);
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}
