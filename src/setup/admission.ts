/** The admission webhook with everything that it needs of the other parts. */
import { startAdmissionServer } from '../admission/server.ts';
import type { AdmissionServer } from '../admission/server.ts';
import { judge } from '../admission/verdict.ts';
import type { VerdictContext } from '../admission/verdict.ts';
import type { Options } from '../config/flags/table.ts';
import type { Logger } from '../lib/log.ts';
import type { Model } from '../model/model.ts';
import { checkGeneration } from '../nginx/check.ts';
import type { Environment } from '../nginx/environment.ts';
import { createRenderer } from '../nginx/files.ts';
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
    check: (model) => checkModel(setup, model),
  };
  const server = await startAdmissionServer({
    host,
    port,
    certificate: options.validatingWebhookCertificate,
    key: options.validatingWebhookKey,
    log,
    readIngress,
    judge: (candidate) => judge(candidate, context),
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

/** What nginx says about the candidate's servers alone, in the words of its user. */
async function checkModel(setup: AdmissionSetup, model: Model): Promise<string | null> {
  const { environment, binary, templates } = setup;
  const generation = await createRenderer(templates, environment).render(model);
  const result = await checkGeneration(generation, { binary, layout: environment.layout });
  if (result.ok) return null;
  const folders = [
    environment.layout.checkDir,
    environment.layout.runDir,
    environment.layout.dataDir,
    environment.luaDir,
  ];
  const message = folders.reduce((text, folder) => text.replaceAll(folder, '…'), result.message);
  return `nginx would refuse the configuration: ${message.replaceAll(/ in nginx\.conf:\d+/g, '')}`;
}
