import { expect } from 'chai';
import { ingress, service } from '../testing/builders/objects.ts';
import { evaluate } from '../testing/builders/pipeline.ts';
import type { Evaluation } from '../testing/builders/pipeline.ts';
import { createExperience } from './experience.ts';

type Fields = Parameters<typeof ingress>[0];

const settings = evaluate([]).settings;

/** What the webhook would show nginx: the host alone. */
function modelOf(fields: Fields): Evaluation['model'] {
  const { model } = evaluate([service(), ingress({ host: 'a.example.com', paths: ['/'], ...fields })]);
  const servers = model.servers.filter(({ name }) => name.kind !== 'catch-all');
  return { ...model, servers, http: { ...model.http, settings } };
}

describe('experience with nginx', () => {
  const rows: readonly (readonly [what: string, learned: Fields, asked: Fields, covered: boolean])[] = [
    ['another host', {}, { host: 'b.example.com' }, true],
    ['other paths', {}, { paths: ['/x', { path: '/y"; } $z', type: 'Exact' }] }, true],
    ['another Service', {}, { paths: [{ path: '/', service: 'other' }] }, true],
    [
      'the same annotation',
      { annotations: { 'proxy-body-size': '3m' } },
      { annotations: { 'proxy-body-size': '3m' } },
      true,
    ],
    ['another annotation', {}, { annotations: { 'proxy-body-size': '3m' } }, false],
    [
      'another value',
      { annotations: { 'proxy-body-size': '3m' } },
      { annotations: { 'proxy-body-size': '4m' } },
      false,
    ],
    ['an alias', {}, { annotations: { 'server-alias': 'b.example.com' } }, false],
    ['regular expressions', {}, { annotations: { 'use-regex': 'true' }, paths: ['/a.*'] }, false],
    [
      'the same regular expressions',
      { annotations: { 'use-regex': 'true' } },
      { annotations: { 'use-regex': 'true' } },
      false,
    ],
    ['a limit', {}, { annotations: { 'limit-rps': '5' } }, false],
    ['a redirect from www', {}, { annotations: { 'from-to-www-redirect': 'true' } }, false],
    ['an app root', {}, { annotations: { 'app-root': '/app' } }, false],
  ];
  for (const [what, learned, asked, covered] of rows) {
    it(`${covered ? 'covers' : 'does not cover'} ${what}`, () => {
      const experience = createExperience();
      expect(experience.covers(modelOf(asked))).to.equal(false);
      experience.learn(modelOf(learned).servers, settings);
      expect(experience.covers(modelOf(asked))).to.equal(covered);
    });
  }

  it('counts for the settings with which it was made', () => {
    const experience = createExperience();
    const model = modelOf({});
    experience.learn(model.servers, settings);
    expect(experience.covers({ ...model, http: { ...model.http, settings: { ...settings } } })).to.equal(
      false,
    );
  });
});
