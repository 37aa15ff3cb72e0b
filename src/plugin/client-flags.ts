/** The flags of kubectl that every command takes (compat/kubectl-plugin.md, "Conventions"). */
import { Option } from 'commander';
import type { Command } from 'commander';
import { Failure } from './io.ts';

export interface ClientFlags {
  readonly kubeconfig?: string;
  readonly cacheDir?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  readonly token?: string;
  readonly as?: string;
  readonly asUid?: string;
  readonly asGroup?: readonly string[];
  readonly asUserExtra?: readonly string[];
  readonly cluster?: string;
  readonly user?: string;
  readonly namespace?: string;
  readonly context?: string;
  readonly server?: string;
  readonly tlsServerName?: string;
  readonly insecureSkipTlsVerify?: true;
  readonly certificateAuthority?: string;
  readonly requestTimeout?: string;
  readonly disableCompression?: true;
}

const FLAGS: readonly (readonly [flags: string, doc: string])[] = [
  ['--kubeconfig <file>', 'kubeconfig to use'],
  ['--cache-dir <folder>', 'cache of kubectl'],
  ['--client-certificate <file>', 'certificate to show to the API server'],
  ['--client-key <file>', 'key of that certificate'],
  ['--token <text>', 'bearer token for the API server'],
  ['--as <user>', 'user to act as'],
  ['--as-uid <uid>', 'UID to act as'],
  ['--as-group <group>', 'group to act as; may be repeated'],
  ['--as-user-extra <key=value>', 'more about the user to act as; may be repeated'],
  ['--cluster <name>', 'cluster of the kubeconfig'],
  ['--user <name>', 'user of the kubeconfig'],
  ['-n, --namespace <name>', 'namespace; default: that of the context'],
  ['--context <name>', 'context of the kubeconfig'],
  ['-s, --server <url>', 'address of the API server'],
  ['--tls-server-name <name>', 'name that the certificate of the API server must have'],
  ['--insecure-skip-tls-verify', 'take any certificate of the API server'],
  ['--certificate-authority <file>', 'authority of the certificate of the API server'],
  ['--request-timeout <time>', 'longest time for one request, for example 30s; 0: no limit'],
  ['--disable-compression', 'ask the API server for answers as they are'],
];

const REPEATED = new Set(['asGroup', 'asUserExtra']);

export function addClientFlags(command: Command): void {
  for (const [flags, doc] of FLAGS) {
    const option = new Option(flags, doc);
    if (REPEATED.has(option.attributeName()))
      option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
    command.addOption(option);
  }
}

/** The same for kubectl; the namespace is not among them. */
export function kubectlFlags(flags: ClientFlags): readonly string[] {
  return FLAGS.flatMap(([text]) => {
    const option = new Option(text);
    const value = flags[option.attributeName() as keyof ClientFlags];
    if (value === undefined || option.attributeName() === 'namespace') return [];
    if (value === true) return [`${option.long}`];
    return [value].flat().map((item) => `${option.long}=${item}`);
  });
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds; 0 for none. A number without a unit is in seconds, as kubectl takes it. @throws Failure */
export function parseTimeout(text: string): number {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text)
    throw new Failure(`--request-timeout is ${JSON.stringify(text)}; write for example 30s, 1m or 0`);
  return parts.reduce((sum, [, number, unit = 's']) => sum + Number(number) * (UNITS[unit] ?? 1000), 0);
}
