import { expect } from 'chai';
import * as fc from 'fast-check';
import { parseManifests } from './parse.ts';
import { describeFault } from './placed.ts';
import { splitField } from './position.ts';

/** Objects as `line kind namespace/name`. */
function objects(text: string): readonly string[] {
  return parseManifests(text, 'x.yaml').objects.map(
    ({ object: { kind, metadata }, origin }) =>
      `${origin.line} ${kind} ${metadata.namespace}/${metadata.name}`,
  );
}

function faults(text: string): readonly string[] {
  return parseManifests(text, 'x.yaml').faults.map(describeFault);
}

const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\n';

describe('manifests', () => {
  const good: readonly (readonly [name: string, text: string, expected: readonly string[]])[] = [
    ['nothing', '', []],
    ['comments only', '# nothing\n---\n# here\n---\n', []],
    ['one document', service, ['1 Service default/web']],
    ['a comment above', `# about\n\n---\n# this\n${service}`, ['5 Service default/web']],
    ['a byte order mark and CRLF', `\ufeff${service.replaceAll('\n', '\r\n')}`, ['1 Service default/web']],
    [
      'several documents',
      `${service}---\n${service.replace('web', 'two')}`,
      ['1 Service default/web', '5 Service default/two'],
    ],
    [
      'a list',
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata: {name: a}\n- apiVersion: apps/v1\n  kind: Deployment\n- {apiVersion: v1, kind: Secret, metadata: {name: b}}\n',
      ['4 Service default/a', '9 Secret default/b'],
    ],
    [
      'a typed list',
      'apiVersion: networking.k8s.io/v1\nkind: IngressList\nitems:\n- metadata: {name: a}\n',
      ['4 Ingress default/a'],
    ],
    [
      'JSON',
      '{\n\t"kind": "Service",\n\t"apiVersion": "v1",\n\t"metadata": {"name": "a\\u0062"}\n}',
      ['1 Service default/ab'],
    ],
    ['an empty list', 'apiVersion: v1\nkind: List\nitems: []\n', []],
    [
      'anchors and merge keys',
      `x: &m\n  name: web\n${service.replace('{name: web}', '{<<: *m, namespace: shop}')}`,
      ['1 Service shop/web'],
    ],
    ['kinds that are not read', 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: [odd]}\n', []],
  ];
  for (const [name, text, expected] of good) {
    it(`with ${name}`, () => {
      expect(objects(text)).to.deep.equal(expected);
      expect(faults(text)).to.deep.equal([]);
    });
  }

  const bomb = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]'];
  for (let i = 1; i < 9; i += 1)
    bomb.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(',')}]`);

  const bad: readonly (readonly [name: string, text: string, fault: RegExp])[] = [
    ['a text', 'hello', /^x.yaml:1: this must be a Kubernetes object .* but is text$/],
    ['a list without kind', '\n- a\n', /^x.yaml:2: this must be .* a list$/],
    ['no kind', 'apiVersion: v1\nmetadata: {name: a}\n', /^x.yaml:1: kind is missing$/],
    [
      'no name',
      'apiVersion: v1\nkind: Service\nmetadata:\n  labels: {}\n',
      /^x.yaml:3: Service: metadata.name is missing$/,
    ],
    [
      'an unquoted boolean of old',
      `${service}${''}`.replace('{name: web}', '\n  name: web\n  annotations:\n    a.b/c: on'),
      /^x.yaml:6: Service default\/web: metadata.annotations\["a.b\/c"\] must be text but is read as a boolean; put it in quotes$/,
    ],
    [
      'a key twice',
      `${service}spec: {}\nspec: {}\n`,
      /^x.yaml:5: Service default\/web: this key stands twice/,
    ],
    ['a number as name', service.replace('web', '1'), /^x.yaml:3: Service: metadata.name must be text/],
    ['aliases without end', bomb.join('\n'), /^x.yaml:1: the aliases .* cannot be followed/],
    ['an unknown alias', 'a: *b\n', /^x.yaml:1: .*alias/],
    ['a bad item', 'apiVersion: v1\nkind: List\nitems:\n- 5\n', /^x.yaml:4: this must be/],
    ['a tab', 'a:\n\tb: 1\n', /^x.yaml:2: this is not valid YAML: /],
    ['an open quote', 'a: "b\nc: d\n', /^x.yaml:\d: this is not valid YAML: /],
    ['an open bracket', 'a: [1,\nb: 2\n', /^x.yaml:\d: this is not valid YAML: /],
  ];
  for (const [name, text, fault] of bad) {
    it(`with ${name}`, () => {
      expect(objects(text)).to.deep.equal([]);
      expect(
        faults(text).filter((line) => fault.test(line)),
        faults(text).join('\n'),
      ).to.have.length(1);
    });
  }

  it('does not quote what may be a secret', () => {
    for (const text of [
      'stringData:\n  key: |hunter2\n',
      'a: b\n"hunter2" hunter2: [}',
      'a: *hunter2 hunter2\n',
    ]) {
      const reasons = parseManifests(text, 'x.yaml').faults.map(({ reason }) => reason);
      expect(reasons.length).to.be.greaterThan(0);
      expect(reasons.join('\n')).not.to.contain('hunter2');
    }
  });

  it('tells a broken file from a bad object', () => {
    const broken = parseManifests(`${service}---\na: [1\n`, 'x.yaml');
    expect(broken).to.deep.include({ objects: [], broken: true });
    const mixed = parseManifests(`${service}---\n${service.replace('web', 'two')}spec: 5\n`, 'x.yaml');
    expect(mixed.broken).to.equal(false);
    expect(mixed.objects).to.have.length(1);
    expect([...mixed.bad]).to.deep.equal(['Service default/two']);
    expect(mixed.nameless).to.equal(false);
    expect(parseManifests('kind: Service', 'x.yaml').nameless).to.equal(true);
  });

  it('lists what it skips', () => {
    expect(parseManifests('apiVersion: apps/v1\nkind: Deployment\n', 'x').skipped).to.deep.equal([
      'apps/v1 Deployment',
    ]);
  });

  it('never throws', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'a: &x',
        '- *x',
        '---',
        '...',
        'kind: List',
        'items:',
        '<<: *x',
        '? [a]',
        '%YAML 1.1',
        '!!binary x',
        '{',
        '"',
      ),
    );
    fc.assert(fc.property(fc.array(line), (lines) => void parseManifests(lines.join('\n'), 'x')));
  });
});

describe('lines of fields', () => {
  const v1 = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  annotations:
    nginx.ingress.kubernetes.io/x: "1"
spec:
  rules:
  - host: a.test
    http:
      paths:
      - path: /a
        backend:
          service:
            name: s
            port:
              number: 80
      - path: /b
        backend: {service: {name: t}}
  - &rule
    host: b.test
  - *rule
`;
  const beta = `apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: web}
spec:
  backend:
    serviceName: d
    servicePort: 80
  rules:
  - http:
      paths:
      - backend:
          serviceName: s
          servicePort: 80
`;
  const json =
    '{"kind": "List", "items": [\n{"kind": "Service", "apiVersion": "v1", "metadata": {\n"name": "a"}, "spec": {\n"type": "NodePort"}}]}';

  const table: readonly (readonly [text: string, field: string, line: number])[] = [
    [v1, '', 1],
    [v1, 'kind', 2],
    [v1, 'metadata.annotations["nginx.ingress.kubernetes.io/x"]', 6],
    [v1, 'metadata.annotations[nginx.ingress.kubernetes.io/x]', 6],
    [v1, 'metadata.annotations["other"]', 5],
    [v1, 'metadata.labels.a', 3],
    [v1, 'spec.rules[0].host', 9],
    [v1, 'spec.rules[0].http.paths[0].path', 12],
    [v1, 'spec.rules[0].http.paths[0].pathType', 12],
    [v1, 'spec.rules[0].http.paths[0].backend.service.port.number', 17],
    [v1, 'spec.rules[0].http.paths[1].path', 18],
    [v1, 'spec.rules[0].http.paths[1].backend.service.name', 19],
    [v1, 'spec.rules[0].http.paths[7].path', 11],
    [v1, 'spec.rules[2].host', 21],
    [v1, 'spec.tls[0].hosts', 7],
    [beta, 'spec.defaultBackend.service.name', 6],
    [beta, 'spec.defaultBackend.service.port.number', 7],
    [beta, 'spec.rules[0].http.paths[0].backend.service.name', 12],
    [beta, 'spec.rules[0].http.paths[0].backend.service.port.number', 13],
    [json, 'metadata.name', 3],
    [json, 'spec.type', 4],
  ];
  for (const [text, field, line] of table) {
    it(`${field || 'the object'} is on line ${line}`, () => {
      expect(parseManifests(text, 'x').objects[0]?.origin.lineOf(field)).to.equal(line);
    });
  }

  it('splits paths', () => {
    expect(splitField('a.b[0]["c.d/e\\"f"].g[h.i]')).to.deep.equal(['a', 'b', 0, 'c.d/e"f', 'g', 'h.i']);
  });
});
