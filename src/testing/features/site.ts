/** Sites that several suites start from. */
import type { Backend } from '../harness/backend.ts';
import { endpoints, ingress, ingressClass, service } from '../harness/objects.ts';
import type { Stage } from '../harness/stage.ts';

/** http://a.test/ from the backend `web`. */
export async function writeSite(stage: Stage): Promise<Backend> {
  const web = await stage.backend('web');
  stage.write('site.yaml', ...siteObjects(web));
  return web;
}

/** A class, and the Service `web`. */
export function webObjects(web: Pick<Backend, 'address' | 'port'>) {
  return [ingressClass(), service('web'), ...endpoints('web', [web])];
}

export function siteObjects(web: Pick<Backend, 'address' | 'port'>) {
  return [...webObjects(web), ingress('a', { rules: { 'a.test': 'web' } })];
}

/** A class, and the Services and backends `one`, `two` and `three`. */
export async function writeBackends(stage: Stage): Promise<void> {
  stage.write('class.yaml', ingressClass());
  for (const name of ['one', 'two', 'three']) {
    stage.write(`${name}.yaml`, service(name), ...endpoints(name, [await stage.backend(name)]));
  }
}

/** Annotations by their names without the prefix. */
export function annotate(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`nginx.ingress.kubernetes.io/${name}`, value]),
  );
}
