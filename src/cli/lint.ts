/** `tidegate lint --manifests DIR`: every problem with file and line. */
import type { Problem } from '../graph/problems.ts';
import { keyOf } from '../lib/keys.ts';
import { describeFault } from '../source/files/placed.ts';
import type { Manifests } from '../source/files/read.ts';
import { exitCodes } from './exit-codes.ts';
import { evaluateManifests } from './manifests.ts';
import type { Tool } from './tool.ts';

export const lint: Tool = async ({ options, write }) => {
  const { manifests, graph, faults } = await evaluateManifests(options);
  for (const fault of manifests.faults) write(`${describeFault(fault)}\n`);
  const origins = originsOf(manifests);
  const [namespace = '', name = ''] = options.configmap.split('/');
  const configMap = { kind: 'ConfigMap', namespace, name } as const;
  const lines = [
    ...graph.problems.map((problem) => describe(problem, origins)),
    ...faults.map(({ key, reason }) =>
      describe({ object: configMap, field: `data["${key}"]`, message: reason }, origins),
    ),
  ];
  for (const line of [...new Set(lines)].sort()) write(`${line}\n`);
  const refused =
    manifests.faults.length > 0 || graph.problems.some((problem) => problem.severity !== 'warning');
  return refused ? exitCodes.refused : exitCodes.success;
};

type Origins = ReadonlyMap<string, Manifests['objects'][number]['origin']>;

function originsOf(manifests: Manifests): Origins {
  return new Map(
    manifests.objects.map(({ object, origin }) => [`${object.kind} ${keyOf(object.metadata)}`, origin]),
  );
}

/** `file:line object field: message`; without a place when the object is in no file (a Service that does not exist). */
function describe(
  { object, field, message }: Pick<Problem, 'object' | 'field' | 'message'>,
  origins: Origins,
): string {
  const name = `${object.kind} ${keyOf(object)}`;
  const origin = origins.get(name);
  const place = origin === undefined ? '' : `${origin.file}:${origin.lineOf(field)} `;
  return `${place}${name}${field === '' ? '' : ` ${field}`}: ${message}`;
}
