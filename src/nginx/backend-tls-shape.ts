/** The part of the proof of shape that is about TLS towards endpoints. */
import { basename } from 'node:path';
import type { BackendTls } from '../model/backend-tls.ts';
import type { Location } from '../model/model.ts';
import { NO_CERTIFICATE } from './backend-tls-view.ts';
import type { Directive } from '../text/lexer.ts';

type Fail = (reason: string) => never;

const WORD =
  /^(?:proxy|grpc)_ssl_(?:(?<file>trusted_certificate|certificate|certificate_key)|ciphers|protocols|verify|verify_depth|name|server_name)$/;

export function isBackendTls({ name }: Pick<Directive, 'name'>): boolean {
  return WORD.test(name);
}

/** Names of files are those of the model, and nothing is said where nothing shall be. */
export function assertBackendTls(
  directives: readonly Directive[],
  wanted: BackendTls | 'apart' | null,
  fail: Fail,
): void {
  const found = directives.filter(isBackendTls);
  if (wanted === null && found.length > 0) fail('it speaks of TLS with endpoints');
  const file = wanted === null || wanted === 'apart' ? NO_CERTIFICATE : wanted.file.name;
  for (const { name, args, block } of found) {
    const isFile = WORD.exec(name)?.groups?.['file'] !== undefined;
    const verified = wanted === null || wanted === 'apart' ? 'off' : wanted.verify;
    const isGood =
      block === null &&
      (!isFile || (args.length === 1 && basename(args[0] ?? '') === file)) &&
      (!name.endsWith('_verify') || args.join(' ') === verified);
    if (!isGood) fail(`the parameters of "${name}" are not expected`);
  }
}

export function wantedTlsOf({ tls }: Pick<Location, 'tls'>): BackendTls | 'apart' | null {
  if (tls === null) return null;
  return tls.kind === 'apart' ? tls.kind : tls.settings;
}
