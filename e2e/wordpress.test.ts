/** A headless Service in front of pods with two containers, as the usual WordPress manifests have it. */
import { expect } from 'chai';
import { eventuallyPage, rollout } from './support/controller.ts';
import { apply, createNamespace, deleteNamespace, kubectl } from './support/kubectl.ts';
import { ingress } from './support/objects.ts';

const site = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: wordpress}
spec:
  replicas: 2
  selector: {matchLabels: {app: wordpress}}
  template:
    metadata: {labels: {app: wordpress}}
    spec:
      terminationGracePeriodSeconds: 2
      containers:
        - name: wordpress
          image: tidegate.test/echo:1
          ports: [{name: web, containerPort: 80}]
          readinessProbe: {httpGet: {path: /, port: web}, periodSeconds: 1}
        - name: exporter
          image: tidegate.test/echo:1
          env: [{name: ECHO_ADDRESS, value: ":8080"}]
          ports: [{name: metrics, containerPort: 8080}]
          readinessProbe: {httpGet: {path: /, port: metrics}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: wordpress}
spec:
  clusterIP: None
  selector: {app: wordpress}
  ports:
    - {name: http, port: 80, targetPort: web}
    - {name: metrics, port: 9090, targetPort: metrics}
`;

describe('a headless Service of pods with two containers', () => {
  let namespace: string;
  const ports: readonly (readonly [name: string, port: string, container: string])[] = [
    ['web-number', 'number: 80', ':80'],
    ['web-name', 'name: http', ':80'],
    ['metrics-number', 'number: 9090', ':8080'],
    ['metrics-name', 'name: metrics', ':8080'],
  ];
  const hostOf = (name: string) => `${name}.${namespace}.test`;

  before(async () => {
    namespace = await createNamespace('wordpress');
    const ingresses = ports.map(([name, port]) =>
      ingress({ name, host: hostOf(name), service: 'wordpress' }).replace('number: 80', port),
    );
    await apply([site, ...ingresses].join('\n---\n'), namespace);
    await rollout('wordpress', namespace);
  });

  after(() => deleteNamespace(namespace));

  for (const [name, port, container] of ports) {
    it(`is reached by ${port}, in the container that listens at ${container}`, async () => {
      const { body } = await eventuallyPage(hostOf(name), 200);
      expect(body).to.match(/^Hostname: wordpress-/);
      expect(body).to.include(`request_uri=http://${hostOf(name)}${container}/`);
    });
  }

  it('answers 503 without pods, and serves when they are back', async () => {
    await scale(0);
    for (const [name] of ports) await eventuallyPage(hostOf(name), 503);
    await scale(2);
    for (const [name] of ports) await eventuallyPage(hostOf(name), 200);
  });

  async function scale(replicas: number): Promise<void> {
    await kubectl(['--namespace', namespace, 'scale', 'deployment/wordpress', `--replicas=${replicas}`]);
  }
});
