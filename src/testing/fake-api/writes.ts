import type { ServerResponse } from 'node:http';
import { sendJson, sendStatus } from './answers.ts';
import type { SeenRequest } from './faults.ts';
import type { Target } from './resources.ts';
import { fullText, keyOf } from './store.ts';
import type { FakeObject, Store } from './store.ts';

type Json = Readonly<Record<string, unknown>>;

const mergeTypes: readonly string[] = [
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

/**
 * POST, PUT, PATCH and DELETE of one object, `/status` included. Every patch type but JSON Patch is handled as a merge patch,
 * which is right for objects and replaces lists whole; an apply patch creates what is missing.
 */
export function answerWrite(
  store: Store,
  { target, request }: { readonly target: Target; readonly request: SeenRequest },
  response: ServerResponse,
): void {
  const key = keyOf({ metadata: { name: target.name, namespace: target.namespace } });
  const before = store.get(target.kind, key)?.object;
  if (request.verb === 'create') return create(store, { target, body: request.body }, response);
  if (before === undefined) {
    const isApply = request.contentType.startsWith('application/apply-patch+yaml');
    if (isApply && target.subresource === '') {
      return create(store, { target, body: request.body }, response);
    }
    return sendStatus(response, 404, `${target.kind} "${target.name}" not found`);
  }
  if (request.verb === 'delete') {
    store.delete(target.kind, key);
    return sendJson(response, 200, '{"kind":"Status","apiVersion":"v1","status":"Success"}');
  }
  if (!isJson(request.body)) return sendStatus(response, 400, 'the body is not a JSON object');
  if (request.verb === 'patch' && !mergeTypes.some((type) => request.contentType.startsWith(type))) {
    return sendStatus(response, 415, `patch type "${request.contentType}" is not supported`);
  }
  const body = request.verb === 'patch' ? mergePatch(before, request.body) : request.body;
  const claimed = versionOf(request.body);
  if (claimed !== undefined && claimed !== before.metadata.resourceVersion) {
    return sendStatus(response, 409, `${target.kind} "${target.name}": the object has been modified`);
  }
  store.update(withParts(target, before, asJson(body)));
  return sendObject(store, { target, key }, response);
}

function create(
  store: Store,
  { target, body }: { readonly target: Target; readonly body: unknown },
  response: ServerResponse,
): void {
  const metadata = isJson(body) && isJson(body['metadata']) ? body['metadata'] : {};
  const name = typeof metadata['name'] === 'string' ? metadata['name'] : target.name;
  if (!isJson(body) || name === '') return sendStatus(response, 400, 'the body has no metadata.name');
  const object: FakeObject = {
    ...body,
    kind: target.kind,
    metadata: { ...metadata, name, ...(target.namespace === '' ? {} : { namespace: target.namespace }) },
  };
  const key = keyOf(object);
  if (store.get(target.kind, key) !== undefined) {
    return sendStatus(response, 409, `${target.kind} "${name}" already exists`);
  }
  store.create(object);
  return sendObject(store, { target, key }, response);
}

export function sendObject(
  store: Store,
  { target, key }: { readonly target: Target; readonly key: string },
  response: ServerResponse,
): void {
  const stored = store.get(target.kind, key);
  if (stored === undefined) sendStatus(response, 404, `${target.kind} "${target.name}" not found`);
  else sendJson(response, 200, fullText(stored));
}

/** A write of the status leaves everything else alone; a write of the object leaves an existing status alone. */
function withParts(target: Target, before: FakeObject, after: Json): FakeObject {
  const identity = { kind: before.kind, apiVersion: before.apiVersion ?? '' };
  if (target.subresource === 'status') {
    return { ...before, ...identity, ...pick(after, 'status') };
  }
  const metadata = isJson(after['metadata']) ? after['metadata'] : {};
  return {
    ...after,
    ...identity,
    metadata: { ...metadata, name: before.metadata.name, namespace: before.metadata.namespace ?? '' },
    ...pick(asJson(before), 'status'),
  };
}

function pick(object: Json, field: string): Json {
  return object[field] === undefined ? {} : { [field]: object[field] };
}

/** RFC 7386. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJson(patch)) return patch;
  const result: Record<string, unknown> = isJson(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = mergePatch(result[name], value);
  }
  return result;
}

function versionOf(body: Json): string | undefined {
  const version = isJson(body['metadata']) ? body['metadata']['resourceVersion'] : undefined;
  return typeof version === 'string' && version !== '' ? version : undefined;
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asJson(value: unknown): Json {
  return isJson(value) ? value : {};
}
