/** The smallest site, which most suites start from: http://a.test/ from the backend `web`. */
import type { Backend } from '../harness/backend.ts';
import { endpoints, ingress, ingressClass, service } from '../harness/objects.ts';
import type { Stage } from '../harness/stage.ts';

export async function writeSite(stage: Stage): Promise<Backend> {
  const web = await stage.backend('web');
  stage.write('site.yaml', ...siteObjects(web));
  return web;
}

export function siteObjects(web: Pick<Backend, 'address' | 'port'>) {
  return [
    ingressClass(),
    service('web'),
    ...endpoints('web', [web]),
    ingress('a', { rules: { 'a.test': 'web' } }),
  ];
}
