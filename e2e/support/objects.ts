/** Objects that several suites need, as YAML. */

/** Pods that answer with their name, and a Service in front of them. */
export function echo(name: string, replicas = 2): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      terminationGracePeriodSeconds: 10
      containers:
        - name: echo
          image: tidegate.test/echo:1
          ports: [{name: http, containerPort: 80}]
          readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 1}
          lifecycle: {preStop: {sleep: {seconds: 3}}}
---
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec:
  selector: {app: ${name}}
  ports: [{name: http, port: 80, targetPort: 80}]
`;
}

/** A second Service in front of the controller, which keeps the addresses of clients as many installs want it. */
export function localNodePort(name: string): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec:
  type: NodePort
  externalTrafficPolicy: Local
  selector:
    app.kubernetes.io/name: ingress-nginx
    app.kubernetes.io/instance: ingress-nginx
    app.kubernetes.io/component: controller
  ports:
    - {name: http, port: 80, targetPort: http}
    - {name: https, port: 443, targetPort: https}
`;
}

export interface IngressInput {
  readonly name: string;
  readonly host: string;
  readonly service: string;
  readonly path?: string;
  readonly pathType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly extra?: string;
}

export function ingress({
  name,
  host,
  service,
  path = '/',
  pathType = 'Prefix',
  annotations = {},
  extra = '',
}: IngressInput): string {
  return `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${name}
  annotations: ${JSON.stringify(annotations)}
spec:
  ingressClassName: nginx
${extra}
  rules:
    - host: ${host}
      http:
        paths:
          - path: ${JSON.stringify(path)}
            pathType: ${pathType}
            backend: {service: {name: ${service}, port: {number: 80}}}
`;
}
