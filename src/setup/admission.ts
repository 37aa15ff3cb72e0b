/** The admission webhook with everything that it needs of the other parts. */
import { dirname } from 'node:path';
import { startAdmissionServer } from '../admission/server.ts';
import type { AdmissionServer } from '../admission/server.ts';
import { createJudge } from '../admission/verdict.ts';
import type { VerdictContext } from '../admission/verdict.ts';
import type { Options } from '../config/flags/table.ts';
import type { Logger } from '../lib/log.ts';
import { createCandidateCheck } from '../nginx/candidate.ts';
import type { Environment } from '../nginx/environment.ts';
import { openSandbox } from '../nginx/sandbox.ts';
import type { SandboxLevel } from '../nginx/sandbox.ts';
import type { Templates } from '../nginx/templates.ts';
import type { Ingress } from '../source/objects.ts';
import { slim } from '../source/kube/slim.ts';

export interface AdmissionSetup {
  readonly options: Options;
  readonly log: Logger;
  readonly environment: Environment;
  readonly binary: string;
  readonly templates: Templates;
  readonly context: Omit<VerdictContext, 'check' | 'watchNamespace' | 'deepInspect'>;
}

/** Null when --validating-webhook is not given. @throws when the address or the certificate cannot be used. */
export async function startAdmission(setup: AdmissionSetup): Promise<AdmissionServer | null> {
  const { options, log } = setup;
  if (options.validatingWebhook === '') return null;
  const { host, port } = splitAddress(options.validatingWebhook);
  const context: VerdictContext = {
    ...setup.context,
    watchNamespace: options.watchNamespace,
    deepInspect: options.deepInspect,
    check: await openCheck(setup),
  };
  const server = await startAdmissionServer({
    host,
    port,
    certificate: options.validatingWebhookCertificate,
    key: options.validatingWebhookKey,
    log,
    readIngress,
    judge: createJudge(context),
  });
  log.info('Starting validation webhook', { address: options.validatingWebhook });
  return server;
}

function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(address) ?? [];
  if (port === undefined)
    throw new Error(`--validating-webhook is "${address}"; write it as host:port, for example :8443`);
  return { host: bracketed ?? plain ?? '', port: Number(port) };
}

function readIngress(raw: unknown): Ingress | null {
  const object = slim('Ingress', raw);
  return typeof object === 'object' && object.kind === 'Ingress' ? object : null;
}

async function openCheck(setup: AdmissionSetup): Promise<VerdictContext['check']> {
  const { layout } = setup.environment;
  const sandbox = await openSandbox({
    hidden: [...SECRETS, layout.runDir, dirname(layout.defaultCertificate)],
  });
  if (sandbox === null) {
    setup.log.warn('candidates are not shown to nginx, since no program can be started with limits here');
    return async () => null;
  }
  setup.log.info(describeLevel[sandbox.level], { sandbox: sandbox.level });
  return createCandidateCheck({ ...setup, sandbox });
}

/** Where the image and Kubernetes keep what a candidate must never reach. */
const SECRETS = ['/var/run/secrets', '/etc/ingress-controller', '/etc/kubernetes'];

const describeLevel: Readonly<Record<SandboxLevel, string>> = {
  namespaces: 'candidates are checked in namespaces of their own, without capabilities, with limits',
  unprivileged: 'candidates are checked without capabilities, with limits; namespaces cannot be made here',
  limits: 'candidates are checked with limits; namespaces cannot be made here',
};
