/** The Secret of the ConfigMap's ssl-dh-param (compat/behaviour.md 20.1). */
import type { Snapshot } from '../cluster/snapshot.ts';
import { memoizeLast } from '../lib/memo.ts';
import type { ObjectRef, Secret } from '../source/objects.ts';
import { parseDhParameters } from '../text/tls.ts';
import { warning } from './problems.ts';
import type { Problem } from './problems.ts';

export interface DhParameters {
  readonly pem: string | null;
  readonly problems: readonly Problem[];
}

const NONE: DhParameters = Object.freeze({ pem: null, problems: [] });

export function createDhReader(): (key: string | null, secrets: Snapshot['secrets']) => DhParameters {
  const read = memoizeLast(readParameters);
  return (key, secrets) => (key === null ? NONE : read(key, secrets.get(key)));
}

function readParameters(key: string, secret: Secret | undefined): DhParameters {
  const [namespace = '', name = ''] = key.split('/');
  const object: ObjectRef = { kind: 'Secret', namespace, name };
  const without = (reason: string): DhParameters => {
    const message = `${reason}; ssl-dh-param of the ConfigMap has no effect`;
    return {
      pem: null,
      problems: [warning('dh-parameters-invalid', { object, field: 'data["dhparam.pem"]', message })],
    };
  };
  if (secret === undefined) return without('the Secret does not exist');
  const text = secret.data?.['dhparam.pem'];
  if (text === undefined) return without('is missing');
  const parsed = parseDhParameters(Buffer.from(text, 'base64').toString('latin1'));
  return parsed.ok ? { pem: parsed.value, problems: [] } : without(parsed.reason);
}
