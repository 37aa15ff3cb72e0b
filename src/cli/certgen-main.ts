/** The command line of `kube-webhook-certgen`. */
import { parseArgs } from 'node:util';
import { messageOf } from '../lib/errors.ts';
import { silentLogger } from '../lib/log.ts';
import { createKubeClient } from '../source/kube/client.ts';
import { loadCredentials } from '../source/kube/credentials.ts';
import { create, patch } from './certgen.ts';
import type { CertgenParts } from './certgen.ts';

const HELP = `Makes certificates for admission webhooks.

Usage:
  kube-webhook-certgen create --host NAMES --namespace NS --secret-name NAME [--cert-name cert] [--key-name key]
  kube-webhook-certgen patch --namespace NS --secret-name NAME --webhook-name NAME
      [--patch-validating=true] [--patch-mutating=true] [--patch-failure-policy Fail|Ignore]
  kube-webhook-certgen version

Flags of all: --kubeconfig FILE, --log-format json|text, --log-level LEVEL
`;

const STRINGS = [
  'host',
  'namespace',
  'secret-name',
  'cert-name',
  'key-name',
  'webhook-name',
  'apiservice-name',
  'patch-validating',
  'patch-mutating',
  'patch-failure-policy',
  'kubeconfig',
  'log-format',
  'log-level',
] as const;

type Flags = Partial<Record<(typeof STRINGS)[number], string>>;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = Object.fromEntries(STRINGS.map((name) => [name, { type: 'string' } as const]));
  let say = sayerOf('json');
  try {
    // Booleans may stand alone: --patch-mutating means true.
    const full = args.map((arg) => (/^--patch-(validating|mutating)$/.test(arg) ? `${arg}=true` : arg));
    const parsed = parseArgs({ args: full, options, allowPositionals: true });
    const flags: Flags = parsed.values;
    say = sayerOf(flags['log-format'] ?? 'json');
    return await run(parsed.positionals[0], flags, say);
  } catch (error) {
    say('fatal', messageOf(error));
    return 1;
  }
}

async function run(
  command: string | undefined,
  flags: Flags,
  say: ReturnType<typeof sayerOf>,
): Promise<number> {
  if (command === 'version') {
    process.stdout.write(
      `tidegate\nbuild ${process.env['TIDEGATE_BUILD'] ?? 'unknown'}\n${process.version}\n`,
    );
    return 0;
  }
  if (command !== 'create' && command !== 'patch') {
    process.stdout.write(HELP);
    return 1;
  }
  const credentials = await loadCredentials({
    apiserverHost: '',
    kubeconfig: flags.kubeconfig ?? '',
    certificateAuthority: '',
    log: silentLogger,
  });
  const client = createKubeClient({ credentials, userAgent: 'tidegate-certgen' });
  const parts: CertgenParts = { client, now: Date.now, say };
  try {
    await (command === 'create' ? create(createOptions(flags), parts) : patch(patchOptions(flags), parts));
  } finally {
    await client.close();
  }
  return 0;
}

function need(flags: Flags, name: keyof Flags): string {
  const value = flags[name];
  if (value === undefined || value === '') throw new Error(`--${name} is required`);
  return value;
}

function createOptions(flags: Flags) {
  return {
    hosts: need(flags, 'host')
      .split(',')
      .filter((host) => host !== ''),
    namespace: need(flags, 'namespace'),
    secretName: need(flags, 'secret-name'),
    certName: flags['cert-name'] ?? 'cert',
    keyName: flags['key-name'] ?? 'key',
  };
}

function patchOptions(flags: Flags) {
  return {
    namespace: need(flags, 'namespace'),
    secretName: need(flags, 'secret-name'),
    webhookName: flags['webhook-name'] ?? '',
    patchValidating: flags['patch-validating'] !== 'false',
    patchMutating: flags['patch-mutating'] !== 'false',
    failurePolicy: flags['patch-failure-policy'] ?? '',
  };
}

function sayerOf(format: string) {
  return (level: string, msg: string): void => {
    const time = new Date().toISOString();
    const line =
      format === 'json'
        ? JSON.stringify({ level, msg, time })
        : `time=${time} level=${level} msg=${JSON.stringify(msg)}`;
    process.stdout.write(`${line}\n`);
  };
}
