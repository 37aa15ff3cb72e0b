import { expect } from 'chai';
import type { Pod } from '../source/objects.ts';
import { successorOf } from './successor.ts';

type State = 'ready' | 'starting' | 'waiting' | 'ending' | 'failed';

const states: Readonly<
  Record<State, { readonly phase: string; readonly ready: string; readonly ends?: true }>
> = {
  ready: { phase: 'Running', ready: 'True' },
  starting: { phase: 'Running', ready: 'False' },
  waiting: { phase: 'Pending', ready: 'False' },
  ending: { phase: 'Running', ready: 'True', ends: true },
  failed: { phase: 'Failed', ready: 'False' },
};

function pod(name: string, state: State): Pod {
  const { phase, ready, ends } = states[state];
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      namespace: 'ingress-nginx',
      name,
      uid: name,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(ends ? { deletionTimestamp: '2026-01-01T00:01:00Z' } : {}),
    },
    status: { phase, conditions: [{ type: 'Ready', status: ready }] },
  };
}

describe('successor', () => {
  const table: readonly (readonly [readonly State[], ReturnType<typeof successorOf>])[] = [
    [[], 'none'],
    [['ending', 'failed'], 'none'],
    [['starting'], 'coming'],
    [['waiting', 'ending'], 'coming'],
    [['ready'], 'ready'],
    [['starting', 'ready'], 'ready'],
  ];
  for (const [others, expected] of table) {
    it(`is ${expected} beside ${others.join(' and ') || 'nobody'}`, () => {
      const pods = [pod('own', 'ready'), ...others.map((state, index) => pod(`other-${index}`, state))];
      const byKey = new Map(pods.map((one) => [one.metadata.name, one]));
      expect(successorOf({ pods: byKey }, 'own')).to.equal(expected);
    });
  }
});
