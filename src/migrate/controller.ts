/** The controller that is to be replaced: which workload it is, its arguments, and what is built into it. */

/** As it is written, in any state: nobody has checked it. */
export interface Workload {
  readonly kind: 'Deployment' | 'DaemonSet';
  readonly value: unknown;
  /** `file:line` of a field; empty when it is in no file. */
  readonly placeOf: (field: string) => string;
}

export interface Argument {
  /** With the values of variables that the manifest says. */
  readonly text: string;
  readonly field: string;
}

export interface Mount {
  /** In the container. */
  readonly path: string;
  /** In the volume; empty: all of it. */
  readonly subPath: string;
  /** `ConfigMap NAME`, or empty for others. */
  readonly of: string;
  readonly field: string;
}

export interface OldController {
  /** `Deployment namespace/name`. */
  readonly name: string;
  readonly namespace: string;
  readonly image: string;
  readonly imageField: string;
  readonly arguments: readonly Argument[];
  readonly mounts: readonly Mount[];
  readonly placeOf: Workload['placeOf'];
}

const PROGRAM = /(?:^|\/)nginx-ingress-controller$/;

/** Those whose container runs the program, whatever its image, in the order of their names. */
export function findControllers(workloads: readonly Workload[]): readonly OldController[] {
  return workloads.flatMap(controllersIn).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function controllersIn({ kind, value, placeOf }: Workload): readonly OldController[] {
  const metadata = at(value, 'metadata');
  const namespace = text(at(metadata, 'namespace')) || 'default';
  const spec = at(value, 'spec', 'template', 'spec');
  return list(at(spec, 'containers')).flatMap((container, index): readonly OldController[] => {
    const field = `spec.template.spec.containers[${index}]`;
    const words = ['command', 'args'].flatMap((name) =>
      list(at(container, name)).map((word, place) => ({
        text: text(word),
        field: `${field}.${name}[${place}]`,
      })),
    );
    const program = words.findIndex((word) => PROGRAM.test(word.text));
    if (program === -1) return [];
    const variables = variablesOf(container, { name: text(at(metadata, 'name')), namespace });
    return [
      {
        name: `${kind} ${namespace}/${text(at(metadata, 'name'))}`,
        namespace,
        image: text(at(container, 'image')),
        imageField: `${field}.image`,
        arguments: words.slice(program + 1).map((word) => ({ ...word, text: expand(word.text, variables) })),
        mounts: mountsOf(spec, container, field),
        placeOf,
      },
    ];
  });
}

/** What the manifest alone says; names of pods and the like are known in the cluster only. */
function variablesOf(
  container: unknown,
  { name, namespace }: { readonly name: string; readonly namespace: string },
): ReadonlyMap<string, string> {
  const fields: Readonly<Record<string, string>> = { 'metadata.namespace': namespace, 'metadata.name': name };
  const entries = list(at(container, 'env')).map((entry): readonly [string, string | undefined] => {
    const path = text(at(entry, 'valueFrom', 'fieldRef', 'fieldPath'));
    const value = at(entry, 'value');
    return [
      text(at(entry, 'name')),
      path === '' ? (value === undefined ? undefined : text(value)) : fields[path],
    ];
  });
  return new Map(entries.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])));
}

/** As kubelet does: `$(NAME)` of an unknown variable stays, `$$` is a dollar sign. */
function expand(word: string, variables: ReadonlyMap<string, string>): string {
  return word.replaceAll(/\$\$|\$\(([^)]*)\)/g, (all, name?: string) =>
    name === undefined ? '$' : (variables.get(name) ?? all),
  );
}

function mountsOf(spec: unknown, container: unknown, field: string): readonly Mount[] {
  const volumes = new Map(
    list(at(spec, 'volumes')).map((volume) => [
      text(at(volume, 'name')),
      text(at(volume, 'configMap', 'name')),
    ]),
  );
  return list(at(container, 'volumeMounts')).map((mount, index) => {
    const configMap = volumes.get(text(at(mount, 'name'))) ?? '';
    return {
      path: text(at(mount, 'mountPath')),
      subPath: text(at(mount, 'subPath')),
      of: configMap === '' ? '' : `ConfigMap ${configMap}`,
      field: `${field}.volumeMounts[${index}]`,
    };
  });
}

function at(value: unknown, ...names: readonly string[]): unknown {
  return names.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, name)
        ? (inner as Readonly<Record<string, unknown>>)[name]
        : undefined,
    value,
  );
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** YAML reads `- 80` as a number. */
function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : '';
}
