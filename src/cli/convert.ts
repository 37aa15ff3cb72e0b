/** `tidegate convert -f FILE`: today's form of old Ingress and IngressClass objects; everything else stays as it is written. */
import { readFile } from 'node:fs/promises';
import { text as readStream } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { isMap, isSeq, parseAllDocuments } from 'yaml';
import type { Document, YAMLMap } from 'yaml';
import { exitCodes } from './exit-codes.ts';

const OLD_VERSIONS = new Set(['extensions/v1beta1', 'networking.k8s.io/v1beta1']);
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/** Writes to standard output; `-` or no file reads standard input. @throws with a message for the user. */
export async function convert(args: readonly string[], write: (text: string) => void): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { filename: { type: 'string', short: 'f' } } });
  const file = values.filename ?? '-';
  write(convertText(file === '-' ? await readStream(process.stdin) : await readFile(file, 'utf8'), file));
  return exitCodes.success;
}

/** @throws with file and line when the text is not YAML. */
export function convertText(text: string, file: string): string {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) return text;
  for (const document of documents) {
    const [error] = document.errors;
    if (error !== undefined) throw new Error(`${file}: ${error.message}`);
    convertDocument(document);
  }
  return documents.map((document) => document.toString({ lineWidth: 0 })).join('');
}

function convertDocument(document: Document.Parsed): void {
  const root = document.contents;
  if (!isMap(root)) return;
  const map = root as YAMLMap;
  const items = map.get('items');
  const objects = isSeq(items) ? items.items.filter(isMap) : [map];
  for (const object of objects) convertObject(document, object as YAMLMap);
}

function convertObject(document: Document.Parsed, object: YAMLMap): void {
  const kind = object.get('kind');
  if ((kind !== 'Ingress' && kind !== 'IngressClass') || !OLD_VERSIONS.has(String(object.get('apiVersion'))))
    return;
  object.set('apiVersion', 'networking.k8s.io/v1');
  const spec = object.get('spec');
  if (kind !== 'Ingress' || !isMap(spec)) return;
  moveClass(object, spec);
  moveDefaultBackend(document, spec);
  for (const path of pathsOf(spec)) convertPath(document, path);
}

/** The annotation still works; the field is its successor. */
function moveClass(object: YAMLMap, spec: YAMLMap): void {
  const name = object.getIn(['metadata', 'annotations', CLASS_ANNOTATION]);
  if (typeof name !== 'string' || spec.has('ingressClassName')) return;
  object.deleteIn(['metadata', 'annotations', CLASS_ANNOTATION]);
  const annotations = object.getIn(['metadata', 'annotations']);
  if (isMap(annotations) && annotations.items.length === 0) object.deleteIn(['metadata', 'annotations']);
  spec.set('ingressClassName', name);
}

function moveDefaultBackend(document: Document.Parsed, spec: YAMLMap): void {
  const backend = spec.get('backend');
  if (!isMap(backend)) return;
  spec.delete('backend');
  spec.set('defaultBackend', newBackend(document, backend));
}

function pathsOf(spec: YAMLMap): readonly YAMLMap[] {
  const rules = spec.get('rules');
  if (!isSeq(rules)) return [];
  return rules.items.filter(isMap).flatMap((rule) => {
    const paths = rule.getIn(['http', 'paths']);
    return isSeq(paths) ? (paths.items.filter(isMap) as YAMLMap[]) : [];
  });
}

function convertPath(document: Document.Parsed, path: YAMLMap): void {
  // Old objects had none, which meant what ImplementationSpecific means; v1 wants a path with it.
  if (!path.has('pathType')) path.set('pathType', 'ImplementationSpecific');
  if (!path.has('path')) path.set('path', '/');
  const backend = path.get('backend');
  if (isMap(backend)) path.set('backend', newBackend(document, backend));
}

function newBackend(document: Document.Parsed, backend: YAMLMap): unknown {
  const name = backend.get('serviceName');
  if (name === undefined) return backend;
  const port = backend.get('servicePort');
  const number = typeof port === 'number' || /^\d+$/.test(String(port)) ? Number(port) : null;
  return document.createNode({ service: { name, port: number === null ? { name: port } : { number } } });
}
