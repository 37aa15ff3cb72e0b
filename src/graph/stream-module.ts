/** What is told where nginx has no module for TCP and UDP. */
import type { ParsedIngress } from './graph.ts';
import type { GraphOptions } from './options.ts';
import { warning } from './problems.ts';
import type { Problem } from './problems.ts';

export const NO_STREAM_MODULE =
  'nginx has no module for TCP and UDP (ngx_stream_module.so); install the package libnginx-mod-stream and start again';

/** Of Ingresses with snippets for it. */
export function problemsOfSnippets(
  ingresses: readonly ParsedIngress[],
  { streams, annotationsPrefix: prefix }: GraphOptions,
): readonly Problem[] {
  if (streams.module === 'there') return [];
  const field = `metadata.annotations["${prefix}/stream-snippet"]`;
  const message = `is not used, since ${NO_STREAM_MODULE}`;
  return ingresses.map(({ ref }) => warning('snippet-refused', { object: ref, field, message }));
}
