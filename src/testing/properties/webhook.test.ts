/** Whatever text stands in a candidate: the webhook decides, gives a reason, and shows nginx nothing that it did not check. */
import { expect } from 'chai';
import fc from 'fast-check';
import { silentLogger } from '../../lib/log.ts';
import { createExperience } from '../../model/experience.ts';
import { createCandidateCheck } from '../../nginx/candidate.ts';
import type { Ingress, KubeObject } from '../../source/objects.ts';
import { environment } from '../builders/environment.ts';
import { makeFolder } from '../builders/folder.ts';
import type { Folder } from '../builders/folder.ts';
import { GOOD_UID, verdictOn } from '../builders/judge.ts';
import { ingress } from '../builders/objects.ts';
import { templates } from '../builders/render.ts';
import { layoutOf } from '../../nginx/layout.ts';
import { fields } from './fields.ts';
import { hostile, payloads } from './payloads.ts';

const RUNS = 60;

const isIngress = (object: KubeObject): object is Ingress => object.kind === 'Ingress';
const neighbour = ingress({ name: 'neighbour', host: 'a.example.com', paths: ['/neighbour'] });

describe('webhook on hostile text', function () {
  this.timeout(60_000);
  let folder: Folder;
  before(async () => {
    folder = await makeFolder();
  });
  after(() => folder.remove());

  for (const field of fields.filter(({ name }) => name.startsWith('Ingress '))) {
    it(`in ${field.name}`, async () => {
      const check = createCandidateCheck({
        environment: environment({ layout: layoutOf(folder.path) }),
        binary: 'nginx',
        templates,
        sandbox: { run: async () => ({ code: 0, output: '', exceeded: false }) },
        experience: createExperience(),
        log: silentLogger,
      });
      const decide = async (value: string) => {
        const objects = field.objects(value);
        for (const object of objects.filter(isIngress)) {
          const candidate = { ...object, metadata: { ...object.metadata, uid: GOOD_UID } };
          const settings = { 'strict-validate-path-type': 'false' };
          const verdict = await verdictOn(candidate, { objects: [neighbour], settings, check });
          expect(verdict.allowed).to.equal(verdict.message === '');
          // A text that only the proof of the shape catches would be a hole in what comes before it.
          expect(verdict.message).to.not.include('nginx cannot be told this');
        }
      };
      for (const value of payloads) await decide(value);
      await fc.assert(fc.asyncProperty(hostile, decide), { numRuns: RUNS });
    });
  }
});
