import { expect } from 'chai';
import { defaultOptions } from '../config/flags/parse.ts';
import type { FlagName, Options } from '../config/flags/table.ts';
import { isFlagName } from '../config/flags/table.ts';
import { chooseController } from './arguments.ts';
import { findControllers } from './controller.ts';
import type { Workload } from './controller.ts';
import { flagDifferences } from './differences.ts';

interface Spec {
  readonly name?: string;
  readonly container?: object;
  readonly pod?: object;
}

const PROGRAM = '/nginx-ingress-controller';

function workload(args: readonly unknown[], { name = 'old', container, pod }: Spec = {}): Workload {
  const env = [
    { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
    { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'CLASS', value: 'inner' },
    { name: 'SECRET', valueFrom: { secretKeyRef: { name: 'x', key: 'y' } } },
  ];
  const image = 'registry.k8s.io/ingress-nginx/controller:v1.14.3@sha256:00';
  const containers = [{ name: 'other' }, { image, args, env, ...container }];
  const value = {
    metadata: { name, namespace: 'ops' },
    spec: { template: { spec: { containers, ...pod } } },
  };
  return { kind: 'Deployment', value, placeOf: (field) => `old.yaml ${field}`.trim() };
}

function choose(
  workloads: readonly Workload[],
  own: Partial<Options> = {},
  given: readonly FlagName[] = [],
): ReturnType<typeof chooseController> {
  const options = { ...defaultOptions(), ...own };
  return chooseController(findControllers(workloads), { options, given: new Set(given) });
}

const findingsOf = (args: readonly string[], spec?: Spec) =>
  choose([workload([PROGRAM, ...args], spec)]).report?.findings ?? [];

describe('the controller that is replaced', () => {
  it('is the container that runs the program', () => {
    const name = 'Deployment ops/old';
    for (const [words, container, found] of [
      [[PROGRAM], {}, [name]],
      [[], { command: ['/usr/bin/dumb-init', '--', PROGRAM], args: ['--v=2'] }, [name]],
      [['--v=2'], {}, []],
      [['/other'], {}, []],
      [['/wait-shutdown', `x${PROGRAM}-x`], {}, []],
    ] as const)
      expect(findControllers([workload(words, { container })]).map((one) => one.name)).to.deep.equal(found);
  });

  for (const [what, value] of [
    ['nothing', null],
    ['text', 'x'],
    ['no containers', { spec: { template: { spec: { containers: {} } } } }],
    [
      'containers of nothing',
      { metadata: 1, spec: { template: { spec: { containers: [null, 1, { args: [null, {}] }] } } } },
    ],
  ] as const)
    it(`is not found in ${what}`, () => {
      expect(findControllers([{ kind: 'Deployment', value, placeOf: () => '' }])).to.deep.equal([]);
    });

  it('says what the objects mean, with its own variables', () => {
    const args = [
      '--ingress-class=$(CLASS)',
      '--configmap=$(POD_NAMESPACE)/settings',
      '--tcp-services-configmap',
      '$(POD_NAMESPACE)/tcp',
      '--controller-class=$(SECRET)-$$(CLASS)',
      '--http-port',
      '8080',
      '--v=2',
      '--election-id=x',
    ];
    const { options, report } = choose([workload([PROGRAM, ...args])]);
    expect(options).to.include({
      ingressClass: 'inner',
      configmap: 'ops/settings',
      tcpServicesConfigmap: 'ops/tcp',
      controllerClass: '$(SECRET)-$(CLASS)',
      httpPort: 8080,
      v: defaultOptions().v,
      electionId: defaultOptions().electionId,
    });
    expect(report?.taken).to.include('--configmap=ops/settings').and.not.include('--v=2');
    expect(report?.findings).to.deep.equal([]);
  });

  it('is overruled by the command line', () => {
    const { options, report } = choose(
      [workload([PROGRAM, '--configmap=a/b', '--annotations-prefix=x.test'])],
      { configmap: 'c/d' },
      ['configmap'],
    );
    expect(options).to.include({ configmap: 'c/d', annotationsPrefix: 'x.test' });
    expect(report?.taken).to.deep.equal(['--annotations-prefix=x.test']);
  });

  it('is that of the class that is asked for, and the others are named', () => {
    const both = [
      workload([PROGRAM, '--ingress-class=a'], { name: 'a' }),
      workload([PROGRAM, '--ingress-class=b', '--configmap=ops/b'], { name: 'b' }),
    ];
    const first = choose(both);
    expect(first.report?.name).to.equal('Deployment ops/a');
    expect(first.others).to.have.length(1);
    expect(first.others[0]).to.match(
      /^Deployment ops\/b, .*--ingress-class=b --configmap=ops\/b on the command line$/,
    );
    const second = choose(both, { ingressClass: 'b' }, ['ingress-class']);
    expect(second.report?.name).to.equal('Deployment ops/b');
    expect(second.options.configmap).to.equal('ops/b');
  });

  it('may be none', () => {
    expect(choose([])).to.deep.include({ report: null, others: [], options: defaultOptions() });
  });
});

describe('what its arguments are with Tidegate', () => {
  const FIELD = 'spec.template.spec.containers[1]';
  const rows: readonly (readonly [argument: string, kind: string, message: RegExp])[] = [
    ['--no-such-thing=1', 'refused', /unknown flag: --no-such-thing; the controller does not start/],
    ['--ingress-clas=x', 'refused', /did you mean --ingress-class\?/],
    ['--http-port=many', 'refused', /invalid argument "many" for "--http-port"/],
    ['--enable-annotation-validation=false', 'ignored', /has no effect: Values of annotations are always/],
    ['--dynamic-configuration-retries=3', 'ignored', /has no effect/],
    ['--sync-rate-limit=0.5', 'different', /^--sync-rate-limit bounds reloads only/],
    ['--enable-ssl-passthrough', 'different', /makes nginx hand connections on/],
  ];
  for (const [argument, kind, message] of rows)
    it(`${argument} is ${kind}`, () => {
      const [found, ...more] = findingsOf(['--v=2', argument]);
      expect(more).to.deep.equal([]);
      expect(found).to.include({ kind, field: `${FIELD}.args[2]`, place: `old.yaml ${FIELD}.args[2]` });
      expect(found?.message).to.match(message);
    });

  for (const argument of [
    '--enable-annotation-validation=true',
    '--dynamic-configuration-retries=15',
    '--enable-ssl-passthrough=false',
    '--publish-service=a/b',
  ])
    it(`${argument} is the same`, () => {
      expect(findingsOf([argument])).to.deep.equal([]);
    });

  it('names flags that exclude each other', () => {
    const [found] = findingsOf(['--watch-namespace=a', '--watch-namespace-selector=b=c']).filter(
      ({ kind }) => kind === 'refused',
    );
    expect(found?.message).to.match(/exclude each other/);
  });

  it('says only of flags that exist that they differ', () => {
    const names = flagDifferences.flatMap((difference) => difference.names);
    expect(names.filter((name) => !isFlagName(name))).to.deep.equal([]);
  });
});

describe('what is built into it', () => {
  const mount = (mountPath: string, subPath?: string): Spec => ({
    container: { volumeMounts: [{ name: 'v', mountPath, ...(subPath === undefined ? {} : { subPath }) }] },
    pod: { volumes: [{ name: 'v', configMap: { name: 'template' } }] },
  });
  const image = (name: string): Spec => ({ container: { image: name } });
  const rows: readonly (readonly [what: string, spec: Spec, kind: string | null, message?: RegExp])[] = [
    [
      'a template',
      mount('/etc/nginx/template'),
      'ignored',
      /template of Go \(ConfigMap template\) .*docs\/templates\.md/,
    ],
    [
      'a template as a file',
      mount('/etc/nginx/template/nginx.tmpl', 'nginx.tmpl'),
      'ignored',
      /\(ConfigMap template, nginx\.tmpl\)/,
    ],
    ['modules', mount('/modules_mount'), 'same', /modules of nginx at \/modules_mount .* not looked at/],
    ['certificates', mount('/usr/local/certificates'), null],
    [
      'an image of its own',
      image('example.com/web/nginx:1'),
      'same',
      /example\.com\/web\/nginx:1 is not one of ingress-nginx/,
    ],
    ['an old image', image('quay.io/kubernetes-ingress-controller/nginx-ingress-controller:0.30.0'), null],
    ['a copied image', image('mirror.test/ingress-nginx/controller-chroot@sha256:00'), null],
    ['our image', image('tidegate/controller:0.1.0'), null],
  ];
  for (const [what, spec, kind, message] of rows)
    it(`${what}: ${kind ?? 'nothing'}`, () => {
      const found = findingsOf([], spec);
      expect(found.map((one) => one.kind)).to.deep.equal(kind === null ? [] : [kind]);
      if (message !== undefined) expect(found[0]?.message).to.match(message);
    });
});
