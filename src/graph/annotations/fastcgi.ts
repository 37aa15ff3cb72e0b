/** Endpoints that speak FastCGI (compat/behaviour.md 26.2). */
import { indexFile } from '../../text/fastcgi.ts';
import { configMapName } from '../../text/words.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

const rejected = { invalid: 'rejected', risk: 'Medium', scope: 'location' } as const;

export const fastcgiAnnotations = {
  index: annotation('fastcgi-index', indexFile, {
    ...rejected,
    example: 'index.php',
    doc: 'Script that a URI with a slash at its end stands for.',
  }),
  params: annotation('fastcgi-params-configmap', configMapName, {
    ...rejected,
    example: 'php',
    doc: 'ConfigMap whose entries are parameters for endpoints, SCRIPT_FILENAME for example. While it is missing, or one of them cannot be used, all paths answer 503.',
  }),
} satisfies AnnotationTable;

export type FastcgiAnnotations = AnnotationValues<typeof fastcgiAnnotations>;
