/** What strangers send as a password, and how much of it: nobody gets in, and nobody else waits. */
import { expect } from 'chai';
import fc from 'fast-check';
import { exchange } from '../harness/client.ts';
import { configMap, ingress, ingressClass, secret } from '../harness/objects.ts';
import { PASSWORD, basic, digestLine, hashes, slowHash, userFile } from '../harness/passwords.ts';
import { eventually } from '../harness/poll.ts';
import { annotations, site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

const SLOW = Array.from({ length: 20 }, (_, index) => `slow${index}`);
const settings = { 'worker-processes': '1' };

const encode = (bytes: string) => Buffer.from(bytes, 'latin1').toString('base64');

describe('passwords from strangers', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const latin = `\u00fcser:${hashes['md5']}\n`;
    stage.write('class.yaml', ingressClass(), configMap('settings', settings));
    stage.write(
      'users.yaml',
      secret('users', { auth: `${userFile(hashes)}disabled:*\nlocked:!\nbare:\n` }),
      secret('slow', { auth: userFile(Object.fromEntries(SLOW.map((user) => [user, slowHash]))) }),
      secret('digest', { auth: digestLine('anna', '') }),
      { ...secret('latin', {}), data: { auth: Buffer.from(latin, 'latin1').toString('base64') } },
    );
    for (const [name, short] of Object.entries({
      basic: { 'auth-type': 'basic', 'auth-secret': 'users' },
      slow: { 'auth-type': 'basic', 'auth-secret': 'slow' },
      latin: { 'auth-type': 'basic', 'auth-secret': 'latin' },
      digest: { 'auth-type': 'digest', 'auth-secret': 'digest' },
      open: {},
    }))
      stage.write(`${name}.yaml`, ...site(name, { places: [web], with: short }));
    const flags = ['--configmap=default/settings', '--sync-rate-limit=20', '--live-routes-age=1h'];
    return { web, program: await stage.start({ flags }) };
  });

  async function statusOf(host: string, header: string): Promise<number> {
    const text = `GET / HTTP/1.1\r\nHost: ${host}.test\r\nConnection: close\r\n${header}\r\n\r\n`;
    const answer = await exchange(the().program.ports.http, text);
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
  }

  const right = encode(`sha512:${PASSWORD}`);
  const rows: Readonly<Record<string, readonly [string, number]>> = {
    'the word in capitals': [`BASIC ${right}`, 200],
    'blanks around it': [`  Basic   ${right}  `, 200],
    'no blank': [`Basic${right}`, 401],
    'no header value': ['', 401],
    'the word alone': ['Basic', 401],
    'the word and a blank': ['Basic ', 401],
    'another scheme': [`Bearer ${right}`, 401],
    'no base64': ['Basic !!!', 401],
    'half of it': [`Basic ${right.slice(0, 9)}`, 401],
    'something behind it': [`Basic ${right} x`, 401],
    'no colon': [`Basic ${encode(`sha512${PASSWORD}`)}`, 401],
    'no user': [`Basic ${encode(`:${PASSWORD}`)}`, 401],
    'no password': [`Basic ${encode('sha512:')}`, 401],
    'nothing at all': [`Basic ${encode('')}`, 401],
    'a NUL behind the password': [`Basic ${encode(`sha512:${PASSWORD}\0`)}`, 401],
    'a NUL behind the user': [`Basic ${encode(`sha512\0:${PASSWORD}`)}`, 401],
    'a line break behind the password': [`Basic ${encode(`sha512:${PASSWORD}\n`)}`, 401],
    'the hash as password': [`Basic ${encode(`sha512:${hashes['sha512']}`)}`, 401],
    'bytes that are no UTF-8': [`Basic ${encode('\u00ff\u00fe:\u00c0\u0080')}`, 401],
    'a password of 5,000 bytes': [`Basic ${encode(`sha512:${'x'.repeat(5000)}`)}`, 401],
    'a user of 5,000 bytes': [`Basic ${encode(`${'x'.repeat(5000)}:x`)}`, 401],
    'a user without a password': [`Basic ${encode('bare:')}`, 401],
    'a disabled user': [`Basic ${encode('disabled:*')}`, 401],
    'a locked user': [`Basic ${encode('locked:*0')}`, 401],
    'another user behind a line break': [`Basic ${encode(`x\nsha512:${PASSWORD}`)}`, 401],
  };
  for (const [what, [value, status]] of Object.entries(rows)) {
    it(`${what}: ${status}`, async () => {
      expect(await statusOf('basic', `Authorization: ${value}`)).to.equal(status);
    });
  }

  it('users are bytes', async () => {
    expect(await statusOf('latin', `Authorization: Basic ${encode(`\u00fcser:${PASSWORD}`)}`)).to.equal(200);
    const other = Buffer.from(`\u00fcser:${PASSWORD}`).toString('base64');
    expect(await statusOf('latin', `Authorization: Basic ${other}`)).to.equal(401);
  });

  it('two headers are refused', async () => {
    const headers = `Authorization: Basic ${encode('a:b')}\r\nAuthorization: Basic ${right}`;
    expect(await statusOf('basic', headers)).to.be.oneOf([400, 401]);
  });

  it('random bytes let nobody in and break nothing', async () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((array) =>
      Buffer.from(array)
        .toString('latin1')
        .replaceAll(/[\r\n]/g, ''),
    );
    const parameter = fc.constantFrom('username', 'realm', 'nonce', 'uri', 'nc', 'qop', 'cnonce', 'response');
    const pair = fc
      .tuple(parameter, fc.constantFrom('=', '="', ' = "\\'), bytes)
      .map(([name, sign, text]) => `${name}${sign}${text}"`);
    const value = fc.oneof(
      bytes,
      bytes.map((text) => `Basic ${text}`),
      bytes.map((text) => `Basic ${encode(text)}`),
      bytes.map((text) => `Basic ${encode(`sha512:${text}`)}`),
      fc.array(pair, { maxLength: 12 }).map((pairs) => `Digest ${pairs.join(', ')}`),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('basic', 'digest'), value, async (host, text) => {
        expect(await statusOf(host, `Authorization: ${text}`)).to.be.oneOf([400, 401]);
      }),
      { numRuns: 300 },
    );
    expect(the().program.logLines().join('\n')).to.not.match(/lua entry thread aborted|\[alert\]|\[emerg\]/);
  });

  it('many slow logins keep nobody else of the worker waiting', async () => {
    const { program } = the();
    let logins = 0;
    const slow = SLOW.map(async (user) => {
      const { status } = await program.http('slow.test', '/', { headers: basic(user, PASSWORD) });
      logins++;
      return status;
    });
    for (let request = 0; request < 50; request++)
      expect((await program.http('open.test', '/')).status).to.equal(200);
    const before = logins;
    expect(await Promise.all(slow)).to.deep.equal(SLOW.map(() => 200));
    expect(before).to.be.below(SLOW.length);
  });

  it('wrong passwords for one list let others of the worker log in between', async () => {
    const { program } = the();
    let failures = 0;
    const guesses = SLOW.map(async (user, index) => {
      const { status } = await program.http('slow.test', '/', { headers: basic(user, `guess${index}`) });
      failures++;
      return status;
    });
    await eventually(() => expect(failures).to.be.above(0));
    const answer = await program.http('basic.test', '/', { headers: basic('yescrypt', PASSWORD) });
    const before = failures;
    expect(answer.status).to.equal(200);
    expect(await Promise.all(guesses)).to.deep.equal(SLOW.map(() => 401));
    expect(before).to.be.below(SLOW.length);
  });

  const together = async (count: number, passwordOf: (index: number) => string) => {
    const logins = Array.from({ length: count }, (_, index) =>
      the().program.http('basic.test', '/', { headers: basic('bcrypt2y', passwordOf(index)) }),
    );
    return new Set((await Promise.all(logins)).map(({ status }) => status));
  };

  it('more than can wait are told to come again, and none gets in', async () => {
    expect(await together(100, (index) => `many${index}`)).to.deep.equal(new Set([401, 503]));
    expect(await together(1, () => PASSWORD)).to.deep.equal(new Set([200]));
  });

  it('who wants to know the same waits for one answer together', async () => {
    expect(await together(150, () => 'the same')).to.deep.equal(new Set([401]));
  });

  it('logins that wait outlive a reload', async () => {
    const { stage, web, program } = the();
    const logins = SLOW.slice(0, 8).map((user) =>
      program.http('slow.test', '/', { headers: basic(user, `${user} over a reload`) }),
    );
    await program.reloadAfter(() =>
      stage.write('open.yaml', ...site('open', { places: [web], with: { 'proxy-read-timeout': 7 } })),
    );
    const found = await Promise.all(logins);
    expect(found.map(({ status }) => status)).to.deep.equal(found.map(() => 401));
  });

  it('a host that is newer than the file asks for passwords', async () => {
    const { stage, program } = the();
    const reloads = program.reloads();
    const short = { 'auth-type': 'basic', 'auth-secret': 'users' };
    stage.write(
      'new.yaml',
      ingress('new', { annotations: annotations(short), rules: { 'new.test': 'open' } }),
    );
    await eventually(async () => expect((await program.http('new.test', '/')).status).to.equal(401));
    const answer = await program.http('new.test', '/', { headers: basic('bcrypt2a', PASSWORD) });
    expect(answer.echo().headers).to.not.have.any.keys('authorization');
    expect((await program.http('new.test', '/', { headers: basic('bcrypt2a', 'x') })).status).to.equal(401);
    expect(program.reloads()).to.equal(reloads);
  });
});
