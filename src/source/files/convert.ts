import { keyOf } from '../../lib/keys.ts';
import type { KubeObject } from '../objects.ts';
import {
  type At,
  child,
  compact,
  dictionary,
  integer,
  isAbsent,
  isDictionary,
  needed,
  text,
  textMap,
  typeName,
} from './check.ts';
import { configMap, namespace, node, pod, secret, service } from './convert-core.ts';
import { betaEndpointSlice, endpoints, endpointSlice } from './convert-endpoints.ts';
import { betaIngress, ingress, ingressClass } from './convert-ingress.ts';
import type { WrittenMeta } from './identity.ts';

/** What is wrong with a field; the empty field is the object as a whole. */
export interface FieldFault {
  readonly field: string;
  readonly reason: string;
}

/** What one object of a manifest becomes. */
export type Conversion =
  | { readonly result: 'objects'; readonly source: string; readonly objects: readonly KubeObject[] }
  /** Nothing that an ingress controller reads. */
  | { readonly result: 'skipped'; readonly what: string }
  /** `source` is undefined when not even kind and name can be read. */
  | { readonly result: 'bad'; readonly source: string | undefined; readonly faults: readonly FieldFault[] };

type Converter = (at: At, metadata: WrittenMeta) => KubeObject | readonly KubeObject[];

interface KindRow {
  readonly namespaced: boolean;
  readonly group: string;
  readonly versions: Readonly<Record<string, Converter>>;
}

/** Which kinds are read. A kind may stand in two groups (Ingress once moved). */
const kinds: Readonly<Record<string, readonly KindRow[]>> = {
  Ingress: [
    { namespaced: true, group: 'networking.k8s.io', versions: { v1: ingress, v1beta1: betaIngress } },
    { namespaced: true, group: 'extensions', versions: { v1beta1: betaIngress } },
  ],
  IngressClass: [
    { namespaced: false, group: 'networking.k8s.io', versions: { v1: ingressClass, v1beta1: ingressClass } },
  ],
  EndpointSlice: [
    {
      namespaced: true,
      group: 'discovery.k8s.io',
      versions: { v1: endpointSlice, v1beta1: betaEndpointSlice },
    },
  ],
  Endpoints: [{ namespaced: true, group: '', versions: { v1: endpoints } }],
  Service: [{ namespaced: true, group: '', versions: { v1: service } }],
  Secret: [{ namespaced: true, group: '', versions: { v1: secret } }],
  ConfigMap: [{ namespaced: true, group: '', versions: { v1: configMap } }],
  Pod: [{ namespaced: true, group: '', versions: { v1: pod } }],
  Namespace: [{ namespaced: false, group: '', versions: { v1: namespace } }],
  Node: [{ namespaced: false, group: '', versions: { v1: node } }],
};

/** Turns a value as written (any API version that is served or once was) into the objects of `objects.ts`, checked and frozen. */
export function convert(value: unknown): Conversion {
  const faults: FieldFault[] = [];
  const report = (field: string, reason: string): void => void faults.push({ field, reason });
  const bad = (source?: string): Conversion => ({ result: 'bad', source, faults });
  if (!isDictionary(value)) {
    report('', `must be a Kubernetes object with apiVersion, kind and metadata but is ${typeName(value)}`);
    return bad();
  }
  const at: At = { value, field: '', report };
  const kind = needed(child(at, 'kind'), text);
  const apiVersion = needed(child(at, 'apiVersion'), text);
  if (kind === undefined) return bad();
  const found = apiVersion === undefined ? undefined : choose(kind, apiVersion);
  if (found?.result === 'skipped') return found;
  const source = sourceOf(at, kind);
  if (found === undefined) return bad(source);
  if (found.result === 'unknown') {
    report('apiVersion', `${JSON.stringify(apiVersion)} has no ${kind}; write ${found.instead}`);
    return bad(source);
  }
  const metadata = readMetadata(at, found.row);
  if (metadata === undefined) return bad(source);
  const converted = [found.converter(at, metadata)].flat();
  return faults.length > 0 ? bad(source) : { result: 'objects', source: source ?? '', objects: converted };
}

type Choice =
  | { readonly result: 'found'; readonly row: KindRow; readonly converter: Converter }
  | { readonly result: 'skipped'; readonly what: string }
  | { readonly result: 'unknown'; readonly instead: string };

function choose(kind: string, apiVersion: string): Choice {
  const slash = apiVersion.indexOf('/');
  const group = slash === -1 ? '' : apiVersion.slice(0, slash);
  const version = apiVersion.slice(slash + 1);
  const rows = Object.hasOwn(kinds, kind) ? (kinds[kind] ?? []) : [];
  const row = rows.find((candidate) => candidate.group === group);
  // Custom resources have a dot in their group and may be named like anything.
  if (rows.length === 0 || (row === undefined && group.includes('.'))) {
    return { result: 'skipped', what: `${apiVersion} ${kind}` };
  }
  const converter =
    row !== undefined && Object.hasOwn(row.versions, version) ? row.versions[version] : undefined;
  if (row !== undefined && converter !== undefined) return { result: 'found', row, converter };
  const [first] = rows;
  return {
    result: 'unknown',
    instead: first === undefined || first.group === '' ? 'v1' : `${first.group}/v1`,
  };
}

/** Names an object in messages and across edits of its file, with whatever can be read of it. */
function sourceOf(at: At, kind: string): string | undefined {
  const metadata = child(at, 'metadata');
  const name = child(metadata, 'name').value;
  const space = child(metadata, 'namespace').value;
  if (typeof name !== 'string' || name === '') return undefined;
  const namespaced = Object.hasOwn(kinds, kind) && kinds[kind]?.[0]?.namespaced === true;
  const written = typeof space === 'string' && space !== '' ? space : 'default';
  return `${kind} ${keyOf({ namespace: namespaced ? written : '', name })}`;
}

const dnsName = /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/;
const dnsLabel = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

/** Undefined when there is no usable name; other faults are reported. */
function readMetadata(at: At, row: KindRow): WrittenMeta | undefined {
  const meta = needed(child(at, 'metadata'), dictionary);
  if (meta === undefined) return undefined;
  const nameAt = child(meta, 'name');
  if (isAbsent(nameAt) && !isAbsent(child(meta, 'generateName'))) {
    nameAt.report(nameAt.field, 'is missing; generateName works only with an API server, so write a name');
    return undefined;
  }
  const name = needed(nameAt, readName);
  if (name === undefined) return undefined;
  return compact({
    name,
    namespace: row.namespaced ? readNamespace(child(meta, 'namespace')) : '',
    creationTimestamp: text(child(meta, 'creationTimestamp')) ?? '',
    generation: integer(child(meta, 'generation')),
    labels: textMap(child(meta, 'labels')),
    annotations: textMap(child(meta, 'annotations')),
    deletionTimestamp: text(child(meta, 'deletionTimestamp')),
  });
}

function readName(at: At): string | undefined {
  const name = text(at);
  if (name === undefined || (dnsName.test(name) && name.length <= 253)) return name;
  at.report(
    at.field,
    'may hold only lower case letters, digits, "-" and ".", with a letter or digit at both ends',
  );
  return undefined;
}

function readNamespace(at: At): string {
  const name = text(at) ?? '';
  if (name === '') return 'default';
  if (!dnsLabel.test(name) || name.length > 63) {
    at.report(
      at.field,
      'may hold only lower case letters, digits and "-", with a letter or digit at both ends',
    );
  }
  return name;
}
