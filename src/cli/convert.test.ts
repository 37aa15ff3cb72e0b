import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { convert, convertText } from './convert.ts';

const tutorial = join(import.meta.dirname, '../../examples/tutorial');

function documents(text: string): unknown[] {
  const parsed = parseAllDocuments(text);
  return Array.isArray(parsed) ? parsed.map((document): unknown => document.toJS()) : [];
}

describe('tidegate convert', () => {
  it('writes today’s form of the tutorial’s Ingress', async () => {
    const text = await readFile(join(tutorial, 'ingress.yaml'), 'utf8');
    expect(documents(convertText(text, 'ingress.yaml'))).to.deep.equal([
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { name: 'ingress-ingress', namespace: 'default' },
        spec: {
          ingressClassName: 'nginx',
          rules: [
            {
              host: 'www.test.com',
              http: {
                paths: [
                  {
                    path: '/',
                    pathType: 'ImplementationSpecific',
                    backend: { service: { name: 'service', port: { number: 80 } } },
                  },
                ],
              },
            },
          ],
        },
      },
    ]);
  });

  it('leaves other objects, newer objects and comments as they are', () => {
    const text =
      '# a comment\napiVersion: v1\nkind: Service\nmetadata:\n  name: a # why\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nspec: {}\n';
    expect(convertText(text, 'x')).to.equal(text.replace('spec: {}', 'spec: {}'));
  });

  it('converts backends by name, default backends, lists and classes', () => {
    const text = JSON.stringify({
      kind: 'List',
      items: [
        {
          apiVersion: 'extensions/v1beta1',
          kind: 'Ingress',
          metadata: { annotations: { 'kubernetes.io/ingress.class': 'nginx', keep: 'me' } },
          spec: {
            backend: { serviceName: 'd', servicePort: 'http' },
            rules: [
              {
                http: {
                  paths: [
                    { pathType: 'Exact', path: '/x', backend: { serviceName: 's', servicePort: '8080' } },
                  ],
                },
              },
            ],
          },
        },
        { apiVersion: 'networking.k8s.io/v1beta1', kind: 'IngressClass', spec: { controller: 'x' } },
      ],
    });
    const [list] = documents(convertText(text, 'x')) as [{ readonly items: unknown[] }];
    expect(list.items).to.deep.equal([
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { annotations: { keep: 'me' } },
        spec: {
          rules: [
            {
              http: {
                paths: [
                  {
                    pathType: 'Exact',
                    path: '/x',
                    backend: { service: { name: 's', port: { number: 8080 } } },
                  },
                ],
              },
            },
          ],
          ingressClassName: 'nginx',
          defaultBackend: { service: { name: 'd', port: { name: 'http' } } },
        },
      },
      { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', spec: { controller: 'x' } },
    ]);
  });

  it('names the file when it is not YAML, and reads the one of -f', async () => {
    expect(() => convertText('a: [', 'broken.yaml')).to.throw(/^broken\.yaml: /);
    const folder = await mkdtemp(join(tmpdir(), 'convert-'));
    const file = join(folder, 'a.yaml');
    await writeFile(file, 'kind: Service\n');
    let out = '';
    expect(await convert(['-f', file], (text) => (out += text))).to.equal(0);
    expect(out).to.equal('kind: Service\n');
    await rm(folder, { recursive: true });
  });
});
