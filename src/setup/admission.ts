/** The admission webhook with everything that it needs of the other parts. */
import { dirname } from 'node:path';
import { startAdmissionServer } from '../admission/server.ts';
import type { AdmissionOptions, AdmissionServer } from '../admission/server.ts';
import { createJudge } from '../admission/verdict.ts';
import type { VerdictContext } from '../admission/verdict.ts';
import { splitAddress } from '../config/flags/address.ts';
import type { Address } from '../config/flags/address.ts';
import type { Options } from '../config/flags/table.ts';
import type { Logger } from '../lib/log.ts';
import type { Experience } from '../model/experience.ts';
import { createCandidateCheck } from '../nginx/candidate.ts';
import type { Environment } from '../nginx/environment.ts';
import { openSandbox } from '../nginx/sandbox.ts';
import type { Sandbox, SandboxLevel } from '../nginx/sandbox.ts';
import type { Templates } from '../nginx/templates.ts';
import type { Ingress } from '../source/objects.ts';
import { slim } from '../source/kube/slim.ts';
import { allowsLua } from '../text/snippet.ts';

export interface AdmissionSetup {
  readonly options: Options;
  readonly log: Logger;
  readonly environment: Environment;
  readonly binary: string;
  readonly confine: string | null;
  readonly templates: Templates;
  readonly experience: Experience;
  readonly context: Omit<VerdictContext, 'check' | 'watchNamespace' | 'deepInspect' | 'onReviewed'>;
  readonly onReviewed: VerdictContext['onReviewed'];
}

/** Null when --validating-webhook is not given. @throws when the address or the certificate cannot be used. */
export async function startAdmission(setup: AdmissionSetup): Promise<AdmissionServer | null> {
  const { options, log } = setup;
  if (options.validatingWebhook === '') return null;
  const { host, port } = addressOf(options.validatingWebhook);
  const sandbox = await chooseSandbox(setup);
  const context: VerdictContext = {
    ...setup.context,
    watchNamespace: options.watchNamespace,
    deepInspect: options.deepInspect,
    onReviewed: setup.onReviewed,
    check:
      sandbox === null
        ? async () => null
        : createCandidateCheck({
            ...setup,
            sandbox,
            lua: allowsLua(options.snippetDirectives) ? 'known' : 'unknown',
          }),
  };
  const server = await startServer(sandbox, {
    host,
    port,
    certificate: options.validatingWebhookCertificate,
    key: options.validatingWebhookKey,
    clientAuthority: options.validatingWebhookClientAuthority,
    log,
    readIngress,
    judge: createJudge(context),
  });
  log.info('Starting validation webhook', { address: options.validatingWebhook });
  return server;
}

/** The server and its sandbox, which end together. */
async function startServer(sandbox: Sandbox | null, options: AdmissionOptions): Promise<AdmissionServer> {
  try {
    const server = await startAdmissionServer(options);
    return {
      ...server,
      async close() {
        await server.close();
        await sandbox?.close();
      },
    };
  } catch (error) {
    await sandbox?.close();
    throw error;
  }
}

function addressOf(text: string): Address {
  const address = splitAddress(text);
  if (address === null)
    throw new Error(`--validating-webhook is "${text}"; write it as host:port, for example :8443`);
  return address;
}

function readIngress(raw: unknown): Ingress | null {
  const object = slim('Ingress', raw);
  return typeof object === 'object' && object.kind === 'Ingress' ? object : null;
}

async function chooseSandbox({ environment, confine, log }: AdmissionSetup): Promise<Sandbox | null> {
  const { layout } = environment;
  const sandbox = await openSandbox({
    folder: layout.checkDir,
    hidden: [...SECRETS, layout.runDir, dirname(layout.defaultCertificate)],
    confine,
  });
  if (sandbox === null)
    log.warn('candidates are not shown to nginx, since neither namespaces nor Landlock can be used here');
  else log.info(describeLevel[sandbox.level], { sandbox: sandbox.level });
  return sandbox;
}

/** Where the image and Kubernetes keep what a candidate must never reach. */
const SECRETS = ['/var/run/secrets', '/etc/ingress-controller', '/etc/kubernetes'];

const describeLevel: Readonly<Record<SandboxLevel, string>> = {
  namespaces: 'candidates are checked in namespaces of their own, without capabilities, with limits',
  landlock: 'candidates are checked with Landlock, without capabilities, with limits',
};
