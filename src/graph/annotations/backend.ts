/** How endpoints of a Service are found and chosen (compat/behaviour.md 5.3, 5.4 and section 12). */
import { bool, choice } from '../../text/values.ts';
import { anyInteger, hashKey } from '../../text/words.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

const rejected = { invalid: 'rejected', risk: 'Low', scope: 'location' } as const;

export const backendAnnotations = {
  serviceUpstream: annotation('service-upstream', bool, {
    invalid: 'default',
    badCountsAs: false,
    risk: 'Low',
    scope: 'ingress',
    example: 'true',
    doc: 'Send requests to the ClusterIP of the Service instead of its endpoints.',
  }),
  loadBalance: annotation(
    'load-balance',
    choice(['round_robin', 'ewma', 'chash', 'chashsubset', 'sticky_balanced', 'sticky_persistent']),
    {
      ...rejected,
      example: 'ewma',
      doc: 'How an endpoint is chosen: round_robin, or ewma, the faster of two random ones. The other names need annotations of their own.',
    },
  ),
  hashBy: annotation('upstream-hash-by', hashKey, {
    ...rejected,
    risk: 'High',
    example: '$request_uri',
    doc: 'Requests for which this text is the same go to the same endpoint, by a consistent hash.',
  }),
  hashBySubset: annotation('upstream-hash-by-subset', bool, {
    ...rejected,
    example: 'true',
    doc: 'The hash chooses a group of endpoints; one of the group is taken at random.',
  }),
  hashBySubsetSize: annotation('upstream-hash-by-subset-size', anyInteger, {
    ...rejected,
    example: '5',
    doc: 'Endpoints in a group, 3 by default.',
  }),
} satisfies AnnotationTable;

export type BackendAnnotations = AnnotationValues<typeof backendAnnotations>;
