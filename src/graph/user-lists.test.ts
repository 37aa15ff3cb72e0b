import { expect } from 'chai';
import { liveMapOf, evaluate } from '../testing/builders/pipeline.ts';
import { configMap, ingress, secret } from '../testing/builders/objects.ts';
import type { IngressSpec } from '../testing/builders/objects.ts';
import type { KubeObject } from '../source/objects.ts';
import { digestLine, hashes } from '../testing/harness/passwords.ts';
import { createUserListReader } from './user-lists.ts';
import { graphOptions } from '../testing/builders/pipeline.ts';

const users = (auth = 'anna:{PLAIN}a\n', rest: Partial<Parameters<typeof secret>[0]> = {}) =>
  secret({ name: 'users', data: { auth }, ...rest });

const asking = (annotations: IngressSpec['annotations'] = {}, rest: IngressSpec = {}) =>
  ingress({
    host: 'a.example.com',
    annotations: { 'auth-type': 'basic', 'auth-secret': 'users', ...annotations },
    ...rest,
  });

type Evaluating = Parameters<typeof evaluate>[1];

function listsOf(objects: readonly KubeObject[], options: Evaluating = {}) {
  const { graph, model } = evaluate(objects, options);
  const live = liveMapOf(model);
  const decode = (digest: string): unknown =>
    digest === ''
      ? 'closed'
      : JSON.parse(Buffer.from(live.get(`list:${digest}`) ?? '', 'base64').toString('latin1'));
  const keys = [...live.keys()].filter((key) => key.startsWith('users:'));
  return {
    lists: Object.fromEntries(keys.map((key) => [key.slice('users:'.length), decode(live.get(key) ?? '')])),
    texts: [...live.keys()].filter((key) => key.startsWith('list:')).length,
    problems: graph.problems.filter(({ code }) => code !== 'service-missing'),
  };
}

const KEY = 'basic-auth-file:default/users';

describe('lists of users', () => {
  const rows: readonly (readonly [string, readonly KubeObject[], Readonly<Record<string, unknown>>])[] = [
    ['are those of the Secret', [users(), asking()], { [KEY]: { users: { anna: '{PLAIN}a' } } }],
    ['may be empty', [users(''), asking()], { [KEY]: { users: {} } }],
    [
      'are the same under the whole name',
      [users(), asking({ 'auth-secret': 'default/users' })],
      { [KEY]: { users: { anna: '{PLAIN}a' } } },
    ],
    [
      'are the keys of a map, with the first line of each value',
      [
        secret({ name: 'users', data: { anna: '{PLAIN}a\nbert:{PLAIN}b', 'c.d': hashes['md5'] ?? '' } }),
        asking({ 'auth-secret-type': 'auth-map' }),
      ],
      { 'basic-auth-map:default/users': { users: { anna: '{PLAIN}a', 'c.d': hashes['md5'] } } },
    ],
    [
      'say whether SHA-256 is among them',
      [users(digestLine('anna', '', 'SHA-256')), asking({ 'auth-type': 'digest' })],
      {
        'digest-auth-file:default/users': {
          users: { 'SHA-256:anna:': digestLine('anna', '', 'SHA-256').trim().split(':')[2] },
          sha256: true,
        },
      },
    ],
    [
      'are not asked for without auth-type',
      [users(), ingress({ annotations: { 'auth-secret': 'users' } })],
      {},
    ],
    ['are not those of a canary', [users(), asking({ canary: 'true' })], {}],
  ];
  for (const [what, objects, lists] of rows) {
    it(what, () => {
      const found = listsOf(objects);
      expect(found.lists).to.deep.equal(lists);
      expect(found.problems.filter(({ code }) => code === 'users-unusable')).to.deep.equal([]);
    });
  }

  const closed: readonly (readonly [string, readonly KubeObject[], RegExp])[] = [
    ['the Secret is missing', [asking()], /^Secret default\/users does not exist; all paths .* 503$/],
    ['it has no key "auth"', [secret({ name: 'users', data: { other: 'x' } }), asking()], /holds no "auth"/],
    [
      'nothing in it is a user',
      [users('secret\n'), asking()],
      /no user who could log in: line 1 is not "user:hash"/,
    ],
    [
      'no value is a hash',
      [secret({ name: 'users', data: { anna: 'secret' } }), asking({ 'auth-secret-type': 'auth-map' })],
      /no user who could log in: "anna" has a hash of a kind/,
    ],
    [
      'the name has too many parts',
      [users(), asking({ 'auth-secret': 'a/b/c' })],
      /not the name of a Secret/,
    ],
    ['the name lacks a part', [users(), asking({ 'auth-secret': '/users' })], /not the name of a Secret/],
    [
      'it belongs to somebody else',
      [users(undefined, { namespace: 'other' }), asking({ 'auth-secret': 'other/users' })],
      /another namespace, which allow-cross-namespace-resources/,
    ],
    [
      'it holds more than a namespace may have',
      [users(`anna:{PLAIN}${'x'.repeat(1000)}`), asking()],
      /more users than fit .* 1000 bytes .*--max-user-bytes-per-namespace/,
    ],
  ];
  for (const [what, objects, message] of closed) {
    it(`are closed when ${what}`, () => {
      const budgets = { ...graphOptions.budgets, userBytes: 1000 };
      const { lists, problems } = listsOf(objects, { options: { budgets } });
      expect(Object.values(lists)).to.deep.equal(['closed']);
      expect(problems).to.have.length(1);
      expect(problems[0]?.message).to.match(message);
      expect(problems[0]?.field).to.equal('metadata.annotations["nginx.ingress.kubernetes.io/auth-secret"]');
    });
  }

  it('of another namespace are open to those who may use them only', () => {
    const objects = [
      users(undefined, { namespace: 'other' }),
      asking({}, { name: 'own', namespace: 'other', host: 'b.example.com' }),
      asking({ 'auth-secret': 'other/users' }),
    ];
    const [own, foreign] = ['basic-auth-file:other/users', 'basic-auth-file:other/users@default'];
    const open = { users: { anna: '{PLAIN}a' } };
    expect(listsOf(objects).lists).to.deep.equal({ [own]: open, [foreign]: 'closed' });
    const allowed = listsOf([...objects, configMap({ 'allow-cross-namespace-resources': 'true' })]);
    expect(allowed.lists).to.deep.equal({ [own]: open, [foreign]: open });
    expect(allowed.texts).to.equal(1);
  });

  it('are told apart where names and namespaces could be confused (S01)', () => {
    const about = (namespace: string, name: string) => [
      users(`anna:{PLAIN}${namespace}`, { namespace, name }),
      asking({ 'auth-secret': name }, { namespace, name, host: `${namespace}.example.com` }),
    ];
    expect(listsOf([...about('a-b', 'c'), ...about('a', 'b-c')]).lists).to.deep.equal({
      'basic-auth-file:a-b/c': { users: { anna: '{PLAIN}a-b' } },
      'basic-auth-file:a/b-c': { users: { anna: '{PLAIN}a' } },
    });
  });

  it('that say the same are one', () => {
    const twins = ['one', 'two'].flatMap((name) => [
      users('bert:{PLAIN}b\nanna:{PLAIN}a\n', { name }),
      asking({ 'auth-secret': name }, { name, host: `${name}.example.com` }),
    ]);
    const { lists, texts } = listsOf([...twins, users('anna:{PLAIN}a\nbert:{PLAIN}b\n'), asking()]);
    expect([Object.keys(lists).length, texts]).to.deep.equal([3, 1]);
  });

  it('name the first user who cannot log in, and let in the others', () => {
    const { lists, problems } = listsOf([
      users(`anna:{PLAIN}a\nbert:x\ncarl:$2y$31$${'.'.repeat(53)}\n`),
      asking(),
    ]);
    expect(lists[KEY]).to.deep.equal({ users: { anna: '{PLAIN}a' } });
    expect(problems.map(({ message }) => message)).to.deep.equal([
      'Secret default/users has a user who cannot log in: line 2 has a hash of a kind that is not known; make one with ' +
        '"htpasswd -B" or "openssl passwd -6", and so have 1 more',
    ]);
  });

  it('tell when nobody belongs to the realm', () => {
    const file = users(digestLine('anna', 'inner'));
    const type = { 'auth-type': 'digest' };
    expect(listsOf([file, asking({ ...type, 'auth-realm': 'inner' })]).problems).to.deep.equal([]);
    expect(listsOf([file, asking(type)]).problems[0]?.message).to.include('has no users of the realm ""');
  });

  it('count equal lists of a namespace once, and close the youngest', () => {
    const budgets = { ...graphOptions.budgets, userBytes: 120 };
    const about = (name: string, created: string, file: string) => [
      users(file, { name }),
      asking({ 'auth-secret': name }, { name, created, host: `${name}.example.com` }),
    ];
    const objects = [
      ...about('old', '2020-01-01T00:00:00Z', `anna:{PLAIN}${'a'.repeat(30)}`),
      ...about('same', '2021-01-01T00:00:00Z', `anna:{PLAIN}${'a'.repeat(30)}`),
      ...about('young', '2022-01-01T00:00:00Z', `anna:{PLAIN}${'b'.repeat(30)}`),
      users(`anna:{PLAIN}${'c'.repeat(30)}`, { namespace: 'other' }),
      asking(
        {},
        { name: 'far', namespace: 'other', created: '2023-01-01T00:00:00Z', host: 'far.example.com' },
      ),
    ];
    const { lists, problems } = listsOf(objects, { options: { budgets } });
    const isClosed = Object.entries(lists).filter(([, list]) => list === 'closed');
    expect(isClosed.map(([key]) => key)).to.deep.equal(['basic-auth-file:default/young']);
    expect(problems.map(({ code, object }) => `${code} ${object.name}`)).to.deep.equal([
      'budget-exceeded young',
    ]);
  });

  it('keep their identity while nothing of them changes', () => {
    const read = createUserListReader(graphOptions);
    const { graph } = evaluate([users(), asking()]);
    const ingresses = graph.hosts.flatMap(({ paths }) => paths.flatMap(({ owner }) => owner ?? []));
    const secrets = new Map([['default/users', users()]]);
    const rules = { foreignSecrets: 'refused' } as const;
    const first = read(ingresses, secrets, rules);
    const same = read(ingresses, new Map([...secrets, ['default/other', users()]]), rules);
    expect(same.lists).to.equal(first.lists);
    const other = read(ingresses, new Map([['default/users', users('bert:{PLAIN}b')]]), rules);
    expect(other.lists).to.not.equal(first.lists);
  });
});
