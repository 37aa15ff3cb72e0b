import { expect } from 'chai';
import { ingressClass, secret } from '../harness/objects.ts';
import { PASSWORD, basic, digest, digestLine } from '../harness/passwords.ts';
import type { DigestAlgorithm, DigestAnswer } from '../harness/passwords.ts';
import { eventually } from '../harness/poll.ts';
import { site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

const REALM = 'inner circle';

interface Challenge {
  readonly nonce: string;
  readonly realm: string;
  readonly algorithm: string;
  readonly stale: boolean;
}

function challengesOf(header: string | undefined): readonly Challenge[] {
  return (header ?? '')
    .split(/(?=Digest )/)
    .filter((text) => text !== '')
    .map((text) => {
      const of = (name: string) => new RegExp(`${name}="?([^",]*)`).exec(text)?.[1] ?? '';
      expect(of('qop')).to.equal('auth');
      return {
        nonce: of('nonce'),
        realm: of('realm'),
        algorithm: of('algorithm'),
        stale: /stale=true/.test(text),
      };
    });
}

describe('digest authentication', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    stage.write('class.yaml', ingressClass());
    stage.write(
      'users.yaml',
      secret('users', { auth: `# htdigest\n${digestLine('anna', REALM)}${digestLine('bert', 'other')}` }),
      secret('both', { auth: digestLine('anna', REALM) + digestLine('anna', REALM, 'SHA-256') }),
      secret('map', { anna: digestLine('anna', REALM).slice('anna:'.length) }),
    );
    const type = { 'auth-type': 'digest', 'auth-realm': REALM };
    for (const [name, short] of Object.entries({
      plain: { ...type, 'auth-secret': 'users' },
      also: { ...type, 'auth-secret': 'users' },
      both: { ...type, 'auth-secret': 'both' },
      map: { ...type, 'auth-secret': 'map', 'auth-secret-type': 'auth-map' },
      unlike: { 'auth-type': 'digest', 'auth-secret': 'users', 'auth-realm': 'nobody' },
      missing: { ...type, 'auth-secret': 'missing' },
    }))
      stage.write(`${name}.yaml`, ...site(name, { places: [web], with: short }));
    return { program: await stage.start({ flags: ['--sync-rate-limit=20'] }) };
  });

  const ask = (host: string, headers: Readonly<Record<string, string>> = {}, path = '/a?b=c') =>
    the().program.http(`${host}.test`, path, { headers });

  async function challenge(host: string): Promise<Challenge> {
    const answer = await ask(host);
    expect(answer.status).to.equal(401);
    const [first] = challengesOf(answer.headers['www-authenticate']);
    if (first === undefined) throw new Error('no challenge');
    return first;
  }

  async function login(host: string, change: Partial<DigestAnswer> = {}) {
    const { nonce } = change.nonce === undefined ? await challenge(host) : { nonce: change.nonce };
    const answer = await ask(
      host,
      digest({
        user: 'anna',
        password: PASSWORD,
        realm: REALM,
        nonce,
        uri: '/a?b=c',
        method: 'GET',
        count: 1,
        algorithm: 'MD5',
        qop: 'auth',
        ...change,
      }),
    );
    return { status: answer.status, answer, nonce };
  }

  it('says what it wants to know', async () => {
    const { realm, algorithm, nonce, stale } = await challenge('plain');
    expect({ realm, algorithm, stale }).to.deep.equal({ realm: REALM, algorithm: 'MD5', stale: false });
    expect(nonce).to.match(/^[0-9a-f]{56}$/);
    expect(nonce).to.not.equal((await challenge('plain')).nonce);
  });

  it('lets in who knows the password, and shows it to nobody', async () => {
    const { answer } = await login('plain');
    expect(answer.echo().headers).to.not.have.any.keys('authorization');
    expect((await login('map')).status).to.equal(200);
  });

  const rows: Readonly<Record<string, Partial<DigestAnswer>>> = {
    'a wrong password': { password: 'wrong' },
    'an unknown user': { user: 'nobody' },
    'a user of another realm': { user: 'bert', realm: 'other' },
    'another realm': { realm: 'other' },
    'another address': { uri: '/a' },
    'another method': { method: 'POST' },
    'another kind of protection': { qop: 'auth-int' },
    'an algorithm that the list lacks': { algorithm: 'SHA-256' },
  };
  for (const [what, change] of Object.entries(rows)) {
    it(`does not take ${what}`, async () => {
      const { answer } = await login('plain', change);
      expect(answer.status).to.equal(401);
      expect(challengesOf(answer.headers['www-authenticate'])[0]?.stale).to.equal(false);
    });
  }

  it('does not take headers that say less, more or something else', async () => {
    const { nonce } = await challenge('plain');
    const { authorization } = digest({
      user: 'anna',
      password: PASSWORD,
      realm: REALM,
      nonce,
      uri: '/a?b=c',
      method: 'GET',
      count: 1,
      algorithm: 'MD5',
      qop: 'auth',
    });
    for (const name of ['username', 'realm', 'nonce', 'uri', 'response', 'qop', 'nc', 'cnonce']) {
      const without = authorization.replace(new RegExp(`${name}=("[^"]*"|[^,]*)(, )?`), '');
      expect((await ask('plain', { authorization: without })).status, name).to.equal(401);
    }
    const broken = [
      authorization.replace('nc=0000000', 'nc=zzzzzzz'),
      authorization.replace('MD5', 'MD4'),
      `${authorization}, uri="/other"`,
      `${authorization}, "`,
      authorization.slice(0, -1),
      authorization.replace('Digest ', 'Basic '),
      basic('anna', PASSWORD).authorization,
    ];
    for (const text of broken)
      expect((await ask('plain', { authorization: text })).status, text).to.equal(401);
    expect((await ask('plain', { authorization })).status).to.equal(200);
  });

  it('counts the answers to a nonce, in any order, each once', async () => {
    const { nonce } = await challenge('plain');
    for (const count of [3, 1, 2, 255]) expect((await login('plain', { nonce, count })).status).to.equal(200);
    for (const count of [1, 2, 3, 255]) {
      const { answer } = await login('plain', { nonce, count });
      expect(answer.status).to.equal(401);
      const [next] = challengesOf(answer.headers['www-authenticate']);
      expect(next?.stale).to.equal(true);
      expect((await login('plain', { nonce: next?.nonce ?? '' })).status).to.equal(200);
    }
  });

  it('a replay in parallel is let in once', async () => {
    const { nonce } = await challenge('plain');
    const found = await Promise.all(Array.from({ length: 8 }, () => login('plain', { nonce })));
    expect(found.filter(({ status }) => status === 200)).to.have.length(1);
  });

  for (const [what, change] of [
    ['that is too old', (nonce: string) => `00000001${nonce.slice(8)}`],
    ['from the future', (nonce: string) => `7fffffff${nonce.slice(8)}`],
    ['with another signature', (nonce: string) => `${nonce.slice(0, -4)}0000`],
    ['of its own', () => 'dcd98b7102dd2f0e8b11d0f600bfb0c093'],
  ] as const) {
    it(`does not take a nonce ${what}, and says that another will do to who knows the password only`, async () => {
      const nonce = change((await challenge('plain')).nonce);
      const known = await login('plain', { nonce });
      const unknown = await login('plain', { nonce, password: 'wrong' });
      expect([known.status, unknown.status]).to.deep.equal([401, 401]);
      const stale = [known, unknown].map(
        ({ answer }) => challengesOf(answer.headers['www-authenticate'])[0]?.stale,
      );
      expect(stale).to.deep.equal([true, false]);
    });
  }

  it('offers SHA-256 where the list has it, and MD5 beside it', async () => {
    const answer = await ask('both');
    const offered = challengesOf(answer.headers['www-authenticate']);
    expect(offered.map(({ algorithm }) => algorithm)).to.deep.equal(['SHA-256', 'MD5']);
    for (const algorithm of ['SHA-256', 'MD5'] satisfies readonly DigestAlgorithm[])
      expect((await login('both', { algorithm })).status).to.equal(200);
  });

  it('says that nobody of the list belongs to the realm', async () => {
    expect((await login('unlike', { realm: 'nobody' })).status).to.equal(401);
    await the().program.logged(/has no users of the realm \\?"nobody/);
  });

  it('is closed without the Secret, and follows its changes without a reload', async () => {
    const { stage, program } = the();
    expect((await ask('missing')).status).to.equal(503);
    const reloads = program.reloads();
    stage.write('late.yaml', secret('missing', { auth: digestLine('anna', REALM) }));
    await eventually(async () => expect((await ask('missing')).status).to.equal(401));
    expect((await login('missing')).status).to.equal(200);
    stage.write('late.yaml', secret('missing', { auth: digestLine('bert', REALM) }));
    await eventually(async () => expect((await login('missing')).status).to.equal(401));
    expect((await login('missing', { user: 'bert' })).status).to.equal(200);
    expect(program.reloads()).to.equal(reloads);
  });
});
