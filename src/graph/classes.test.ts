import { expect } from 'chai';
import { createStores } from '../cluster/stores.ts';
import type { Ingress, KubeObject, Namespace } from '../source/objects.ts';
import { graphOptions, ingress, ingressClass } from '../testing/terse.ts';
import { acceptedClasses, belongsToUs, namespaceInScope } from './classes.ts';
import type { GraphOptions } from './options.ts';

const CLASS = 'kubernetes.io/ingress.class';

function snapshotOf(...objects: readonly KubeObject[]) {
  const stores = createStores(() => undefined);
  for (const object of objects) stores.put(object);
  return stores.snapshot();
}

interface Case {
  readonly what: string;
  readonly ingress: Ingress;
  readonly options?: Partial<GraphOptions>;
  readonly ours: boolean;
  readonly readable?: false;
}

const annotated = (value: string) => ingress({ className: null, annotations: { [CLASS]: value } });

const cases: readonly Case[] = [
  { what: 'class name of ours', ingress: ingress(), ours: true },
  { what: 'class name of another controller', ingress: ingress({ className: 'other' }), ours: false },
  { what: 'class name that does not exist', ingress: ingress({ className: 'missing' }), ours: false },
  {
    what: 'class name of another controller, annotation of ours: the name decides',
    ingress: ingress({ className: 'other', annotations: { [CLASS]: 'nginx' } }),
    ours: false,
  },
  { what: 'annotation', ingress: annotated('nginx'), ours: true },
  { what: 'annotation of another class', ingress: annotated('traefik'), ours: false },
  {
    what: 'empty annotation, though classless ones are taken',
    ingress: annotated(''),
    options: { watchIngressWithoutClass: true },
    ours: false,
  },
  {
    what: 'annotation of a renamed class',
    ingress: annotated('internal'),
    options: { ingressClass: 'internal' },
    ours: true,
  },
  { what: 'neither', ingress: ingress({ className: null }), ours: false },
  {
    what: 'neither, and classless ones are taken',
    ingress: ingress({ className: null }),
    options: { watchIngressWithoutClass: true },
    ours: true,
  },
  {
    what: 'empty class name counts as none',
    ingress: ingress({ className: '' }),
    options: { watchIngressWithoutClass: true },
    ours: true,
  },
  {
    what: 'class by name only',
    ingress: ingress({ className: 'other' }),
    options: { ingressClassByName: true, ingressClass: 'other' },
    ours: true,
  },
  {
    what: 'another controller value',
    ingress: ingress({ className: 'other' }),
    options: { controllerClass: 'example.com/other' },
    ours: true,
  },
  { what: 'class name while classes cannot be read', ingress: ingress(), ours: false, readable: false },
  {
    what: 'annotation beside a name while classes cannot be read',
    ingress: ingress({ annotations: { [CLASS]: 'nginx' } }),
    ours: true,
    readable: false,
  },
];

describe('class decision', () => {
  const snapshot = snapshotOf(ingressClass(), ingressClass('other', 'example.com/other'));
  for (const { what, ingress: object, options, ours, readable } of cases) {
    it(`${what}: ${ours ? 'ours' : 'not ours'}`, () => {
      const all = { ...graphOptions, ...options };
      const classes = readable === false ? null : acceptedClasses(snapshot, all);
      expect(belongsToUs(object, classes, all)).to.equal(ours);
    });
  }
});

describe('namespace scope', () => {
  const namespace = (name: string, labels: Readonly<Record<string, string>>): Namespace => ({
    kind: 'Namespace',
    apiVersion: 'v1',
    metadata: { name, namespace: '', uid: name, resourceVersion: '1', creationTimestamp: '', labels },
  });
  const snapshot = snapshotOf(namespace('a', { team: 'x' }), namespace('b', {}));
  const selecting: GraphOptions = {
    ...graphOptions,
    namespaceSelector: { matches: (labels) => labels['team'] === 'x' },
  };

  it('takes all without a selector', () =>
    expect(namespaceInScope('b', snapshot, graphOptions)).to.equal(true));
  it('takes those whose labels match now', () => {
    expect(['a', 'b', 'unknown'].map((name) => namespaceInScope(name, snapshot, selecting))).to.deep.equal([
      true,
      false,
      false,
    ]);
  });
});
