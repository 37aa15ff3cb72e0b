import { expect } from 'chai';
import { secret } from '../harness/objects.ts';
import { PASSWORD, basic, hashes, userFile } from '../harness/passwords.ts';
import { eventually } from '../harness/poll.ts';
import { useStage } from '../harness/stage.ts';
import { openPasswordSites } from './password-sites.ts';

const good = basic('bcrypt2b', PASSWORD);
const wrong = basic('bcrypt2b', 'wrong');

describe('basic authentication', () => {
  const the = useStage(openPasswordSites);

  const ask = (host: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
    the().program.http(`${host}.test`, '/', { headers, method });

  for (const [user, hash] of Object.entries(hashes)) {
    it(`takes ${hash.slice(0, 9)}… of ${user} with the right password only`, async () => {
      for (let time = 0; time < 2; time++) {
        expect((await ask('plain', basic(user, PASSWORD))).status).to.equal(200);
        expect((await ask('plain', basic(user, `${PASSWORD} `))).status).to.equal(401);
        expect((await ask('plain', basic(user, ''))).status).to.equal(401);
      }
    });
  }

  const open = { status: 200, challenge: undefined };
  const closed = (realm = '') => ({ status: 401, challenge: `Basic realm="${realm}"` });
  const status = (number: number) => ({ status: number, challenge: undefined });
  const rows: readonly (readonly [string, Readonly<Record<string, string>>, object])[] = [
    ['plain', {}, closed()],
    ['plain', wrong, closed()],
    ['plain', basic('nobody', PASSWORD), closed()],
    ['realm', {}, closed('Members only: /a~b.c')],
    ['realm', good, open],
    ['off', {}, closed('off')],
    ['off', good, open],
    ['qualified', {}, closed()],
    ['qualified', good, open],
    ['map', basic('anna', PASSWORD), open],
    ['map', basic('bert.b', PASSWORD), open],
    ['map', basic('anna', 'wrong'), closed()],
    ['map-as-file', basic('anna', PASSWORD), status(503)],
    ['file-as-map', good, status(503)],
    ['empty', basic('', ''), closed()],
    ['useless', basic('anna', 'secret'), status(503)],
    ['missing', good, status(503)],
    ['unnamed', good, status(503)],
    ['deep', good, status(503)],
    ['foreign', good, status(503)],
    ['own', good, open],
    ['own', {}, closed()],
    ['untyped', {}, open],
    ['missing-but-here', good, status(503)],
    ['any-here', {}, open],
    ['any-here', wrong, open],
    ['any-elsewhere', {}, closed()],
    ['any-elsewhere', wrong, closed()],
    ['any-elsewhere', good, open],
    ['all-here', {}, closed()],
    ['all-here', good, open],
    ['all-elsewhere', {}, status(403)],
    ['all-elsewhere', good, status(403)],
    ['moved', {}, status(301)],
    ['https', {}, status(308)],
  ];
  for (const [host, headers, expected] of rows) {
    const who = headers['authorization'] === undefined ? 'nobody' : `"${headers['authorization']}"`;
    it(`${host}: ${who} gets ${JSON.stringify(expected)}`, async () => {
      const answer = await ask(host, headers);
      expect({ status: answer.status, challenge: answer.headers['www-authenticate'] }).to.deep.equal(
        expected,
      );
    });
  }

  const asking: readonly (readonly [string, object, string, number, 'asked' | 'not asked'])[] = [
    ['both-by-name', good, 'yes', 200, 'asked'],
    ['both-by-name', good, '401', 401, 'asked'],
    ['both-by-name', wrong, 'yes', 401, 'not asked'],
    ['any-by-name', good, '500', 200, 'not asked'],
    ['any-by-name', wrong, 'yes', 200, 'asked'],
    ['any-by-name', wrong, '403', 401, 'asked'],
    ['both', good, 'yes', 200, 'asked'],
    ['both', good, '401', 401, 'asked'],
    ['both', good, '403', 403, 'asked'],
    ['both', good, '500', 500, 'asked'],
    ['both', wrong, 'yes', 401, 'not asked'],
    ['both', {}, 'yes', 401, 'not asked'],
    ['any-of-both', good, '500', 200, 'not asked'],
    ['any-of-both', wrong, 'yes', 200, 'asked'],
    ['any-of-both', wrong, '401', 401, 'asked'],
    ['any-of-both', {}, '403', 401, 'asked'],
    ['any-of-both', {}, 'yes', 200, 'asked'],
    ['any-of-both', {}, '500', 500, 'asked'],
  ];
  for (const [host, who, word, expected, question] of asking) {
    it(`${host}: ${JSON.stringify(who)} and ${word} of the service get ${expected}, ${question}`, async () => {
      const before = the().auth.asked();
      const answer = await ask(host, { ...who, 'x-pass': word });
      expect(answer.status).to.equal(expected);
      expect(the().auth.asked() - before).to.equal(question === 'asked' ? 1 : 0);
    });
  }

  for (const [name, expected, question] of [
    ['asked', 401, 1],
    ['list', 401, 0],
    ['both', 401, 1],
    ['free', 200, 0],
  ] as const) {
    it(`who is in somewhere is asked again when a backend sends the request on to "${name}"`, async () => {
      const { auth, program } = the();
      const before = auth.asked();
      const answer = await program.http('shared.test', `/to-${name}`, {
        headers: { ...good, 'x-pass': '401' },
      });
      expect(answer.status).to.equal(expected);
      expect(auth.asked() - before).to.equal(question);
    });
  }

  it('the ACME path needs no password', async () => {
    const { program } = the();
    expect((await program.http('acme.test', '/.well-known/acme-challenge/x')).status).to.equal(200);
  });

  it('a preflight needs no password, other methods do', async () => {
    expect((await ask('cors', {}, 'OPTIONS')).status).to.equal(204);
    expect((await ask('cors', {}, 'GET')).status).to.equal(401);
    expect((await ask('cors', good, 'POST')).status).to.equal(200);
  });

  it('the backend gets no password, and the access log has the user', async () => {
    const { program } = the();
    const answer = await program.http('plain.test', '/who', { headers: good });
    expect(answer.echo().headers).to.not.have.any.keys('authorization');
    expect(await program.logged(/GET \/who /)).to.match(/ - bcrypt2b \[.*" 200 /);
  });

  for (const [host, line] of [
    ['grpc', 'grpc_set_header Authorization "";'],
    ['fcgi', 'fastcgi_param HTTP_AUTHORIZATION "";'],
  ] as const) {
    it(`backends that speak ${host} get no password either`, async () => {
      const [, server = ''] = (await the().program.nginxConf()).split(`## start server ${host}.test\n`);
      expect(server.split('## end server')[0]).to.include(line);
    });
  }

  it('a secret stands nowhere but in the memory of the workers', async () => {
    const { program } = the();
    const text = await program.nginxConf();
    const backends = await fetch(`http://127.0.0.1:${program.ports.status}/configuration/backends`);
    const all = [text, await backends.text(), ...program.logLines()].join('\n');
    for (const hash of Object.values(hashes)) expect(all).to.not.include(hash);
    expect(all).to.not.include(good.authorization);
  });

  it('says what is wrong with Secrets', async () => {
    const lines = the().program.logLines().join('\n').replaceAll('\\"', '"');
    for (const words of [
      'Secret default/missing does not exist; all paths of the Ingress answer 503',
      'Secret default/map holds no "auth"',
      'Secret default/useless holds no user who could log in: line 1 has a hash of a kind that is not known',
      'Secret other/users is in another namespace',
      'Secret a/b/c is not the name of a Secret',
      'needs "auth-secret"',
    ])
      expect(lines).to.include(words);
  });

  describe('when a Secret changes', () => {
    const statusOf = async (host: string, headers: Readonly<Record<string, string>>) =>
      (await ask(host, headers)).status;

    it('its users are others at once, without a reload', async () => {
      const { stage, program } = the();
      expect(await statusOf('changed', basic('anna', 'old'))).to.equal(200);
      const reloads = program.reloads();
      const steps: readonly (readonly [Readonly<Record<string, string>> | null, number, number, number])[] = [
        [{ anna: '{PLAIN}new' }, 401, 200, 401],
        [{ anna: '{PLAIN}new', bert: hashes['sha512'] ?? '' }, 401, 200, 200],
        [null, 503, 503, 503],
        [{ bert: hashes['bcrypt2b'] ?? '' }, 401, 401, 200],
      ];
      for (const [list, ...expected] of steps) {
        if (list === null) stage.remove('changing.yaml');
        else stage.write('changing.yaml', secret('changing', { auth: userFile(list) }));
        await eventually(async () => {
          const found = [
            await statusOf('changed', basic('anna', 'old')),
            await statusOf('changed', basic('anna', 'new')),
            await statusOf('changed', basic('bert', PASSWORD)),
          ];
          expect(found).to.deep.equal(expected);
        });
      }
      expect(program.reloads()).to.equal(reloads);
    });

    it('one that comes opens its locations, without a reload', async () => {
      const { stage, program } = the();
      const reloads = program.reloads();
      stage.write('late.yaml', secret('missing', { auth: userFile({ late: hashes['apr1'] ?? '' }) }));
      await eventually(async () => expect(await statusOf('missing', basic('late', PASSWORD))).to.equal(200));
      expect(await statusOf('missing', {})).to.equal(401);
      expect(await statusOf('missing-but-here', {})).to.equal(200);
      stage.remove('late.yaml');
      await eventually(async () => expect(await statusOf('missing', basic('late', PASSWORD))).to.equal(503));
      expect(await statusOf('missing-but-here', {})).to.equal(503);
      expect(program.reloads()).to.equal(reloads);
    });
  });
});
