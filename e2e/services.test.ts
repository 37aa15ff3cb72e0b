/** Every kind of Service behind an Ingress. */
import { expect } from 'chai';
import { eventuallyPage } from './support/controller.ts';
import { apply, createNamespace, deleteNamespace, kubectl } from './support/kubectl.ts';
import { echo, ingress } from './support/objects.ts';

const services = `
apiVersion: v1
kind: Service
metadata: {name: headless}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: nodeport}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: balanced}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: external}
spec: {type: ExternalName, externalName: web.NAMESPACE.svc.cluster.local, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: forbidden}
spec: {type: ExternalName, externalName: localhost, ports: [{port: 80}]}
`;

describe('kinds of Services', () => {
  let namespace: string;
  const names = ['web', 'headless', 'nodeport', 'balanced', 'external', 'forbidden'] as const;

  before(async () => {
    namespace = await createNamespace('services');
    const ingresses = names.map((name) =>
      ingress({ name, host: `${name}.${namespace}.test`, service: name }),
    );
    await apply(
      [echo('web', 1), services.replaceAll('NAMESPACE', namespace), ...ingresses].join('\n---\n'),
      namespace,
    );
    await kubectl(['--namespace', namespace, 'rollout', 'status', 'deployment/web', '--timeout=60s']);
  });

  after(() => deleteNamespace(namespace));

  for (const name of names) {
    const status = name === 'forbidden' ? 503 : 200;
    it(`${name} answers ${status}`, async () => {
      const page = await eventuallyPage(`${name}.${namespace}.test`, status);
      if (status === 200) expect(page.body).to.match(/^Hostname: web-/);
    });
  }
});
