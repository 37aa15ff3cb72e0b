import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { sendJson } from '../fake-api/answers.ts';
import type { Fault } from '../fake-api/faults.ts';
import type { FakeApi } from '../fake-api/server.ts';
import { apply } from '../harness/cluster.ts';
import { summaryOf } from '../harness/load.ts';
import { askedAllTheTime } from '../harness/neighbourhood.ts';
import { ingress } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import type { Program } from '../harness/program.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';
import { siteObjects } from './site.ts';

/** Milliseconds until a change that was made during a failure must be served; back-off included. */
const RECOVERED = 110_000;
/** Answers that one program gets: the more failures it has seen, the longer it waits. */
const SHARE = 2;
const KINDS = ['Ingress', 'Service', 'EndpointSlice', 'Secret', 'ConfigMap', 'IngressClass'] as const;

type Send = (response: ServerResponse) => void;

const send =
  (type: string, body: string | Buffer): Send =>
  (response) =>
    void response.writeHead(200, { 'content-type': type }).end(body);
const json =
  (value: unknown): Send =>
  (response) =>
    sendJson(response, 200, JSON.stringify(value));

/** It says how much comes, and breaks off before. */
const half: Send = (response) => {
  const text = '{"kind":"IngressList","metadata":{"resourceVersion":"5"},"items":[{"metadata":{"name":';
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': 2 * text.length });
  response.write(text, () => response.socket?.destroy());
};

const metadata = { resourceVersion: '999999999' };

/** What comes in place of lists and of watches alike. */
const answers: Readonly<Record<string, Fault['answer']>> = {
  'random bytes': send('application/json', randomBytes(5000)),
  'half an answer': half,
  'half of the JSON, as if it were all': send(
    'application/json',
    '{"kind":"IngressList","metadata":{"resour',
  ),
  'nothing at all': send('application/json', ''),
  'a page of HTML': send('text/html', '<!DOCTYPE html><html><body>Please log in</body></html>\n'),
  'an object of another type': json({ kind: 'Status', status: 'Success', metadata }),
  'a list of something else': json({
    kind: 'PodList',
    metadata,
    items: [{ metadata: { name: 'a', namespace: 'default' } }],
  }),
  'things that are no objects': json({
    kind: 'IngressList',
    metadata,
    items: [7, 'x', null, { metadata: { name: 8 } }],
  }),
};

/** Lines of a watch of Ingresses. */
const lines: readonly string[] = [
  '[]',
  '7',
  '{"type":"ADDED"}',
  '{"type":["DELETED"],"object":{"metadata":{"name":"a","namespace":"default"}}}',
  '{"type":"DELETED","object":{"kind":"Pod","metadata":{"name":"a","namespace":"default"}}}',
  '{"type":"MODIFIED","object":{"kind":"Service","metadata":{"name":"a","namespace":"default"}}}',
  '{"type":"ADDED","object":{"metadata":{"name":"odd","namespace":7},"spec":{"rules":"none"}}}',
  '{"type":"ADDED","object":{"metadata":{"name":"odd","annotations":[]},"spec":{"rules":[{"http":[]},9]}}}',
];

interface Cluster {
  readonly api: FakeApi;
  readonly program: Program;
}

async function startCluster(stage: Stage): Promise<Cluster> {
  const web = await stage.backend('web', { address: stage.address() });
  const api = await stage.api();
  apply(api, ...siteObjects(web));
  return { api, program: await stage.start({ api, flags: ['--sync-rate-limit=20'] }) };
}

/** The site serves all the time, and a change made meanwhile serves in the end. */
async function survives({ api, program }: Cluster, host: string, fail: () => void): Promise<void> {
  const asked = await askedAllTheTime(
    program,
    { hosts: ['a.test'], least: 1, rate: 100, isGood: (text) => text.includes('"backend":"web"') },
    async () => {
      fail();
      apply(api, ingress('during', { rules: { [host]: 'web' } }));
      await eventually(async () => expect((await program.http(host, '/')).status).to.equal(200), RECOVERED);
    },
  );
  expect(summaryOf(asked.losses)).to.equal('');
  api.clearFaults();
}

/** The next list and the next watch of each kind are answered like that. */
function answerWith(api: FakeApi, answer: Fault['answer']): void {
  for (const kind of KINDS) for (const verb of ['list', 'watch'] as const) api.fail({ kind, verb, answer });
  api.compact();
  api.closeWatches();
}

/** Connections that bring nothing are given up after half a minute. */
function hang({ api }: Cluster): void {
  for (const kind of KINDS) api.fail({ kind, verb: 'watch', answer: 'hang' });
  api.closeWatches();
}

describe('an API server: the last state serves on, and changes are seen again by themselves, after', () => {
  const the = useStage(async (stage) => {
    const hanging = await startCluster(stage);
    // It takes so long that the others are tried meanwhile.
    const hung = survives(hanging, 'hanging.test', () => hang(hanging));
    hung.catch(() => undefined);
    const clusters: Cluster[] = [];
    while (clusters.length * SHARE < Object.keys(answers).length) clusters.push(await startCluster(stage));
    return { hung, clusters, events: await startCluster(stage) };
  });

  for (const [index, [what, answer]] of Object.entries(answers).entries()) {
    it(`answers of ${what}`, async () => {
      const cluster = the().clusters[Math.floor(index / SHARE)];
      if (cluster === undefined) throw new Error(`no cluster for ${what}`);
      await survives(cluster, `answer-${index}.test`, () => answerWith(cluster.api, answer));
    });
  }

  it('events of wrong types', async () => {
    const { events } = the();
    for (const [index, line] of lines.entries())
      await survives(events, `event-${index}.test`, () => events.api.sendLine('Ingress', line));
  });

  it('watches that hang', () => the().hung);
});
