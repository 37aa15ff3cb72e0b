import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Backend } from '../harness/backend.ts';
import { openMutePlace } from '../harness/mute.ts';
import { endpoints, ingress, ingressClass, service } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { freePort } from '../harness/ports.ts';
import { annotations, site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const CHROME_51 = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/51.0.2704.103 Safari/537.36';
const SAFARI_14 =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_6) AppleWebKit/605.1.15 Version/12.1 Safari/605.1.15';
const CHROME_90 = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/90.0.4430.93 Safari/537.36';

describe('sessions', () => {
  const the = useStage(async (stage) => {
    const names = ['one', 'two', 'three'];
    const all = await Promise.all(names.map((name) => stage.backend(name)));
    const dead = { address: '127.0.0.1', port: await freePort() };
    const plain = await stage.backend('plain', { headers: { 'set-cookie': 'own=1' } });
    stage.write('class.yaml', ingressClass());
    const sticky = { affinity: 'cookie' };
    const persistent = { ...sticky, 'affinity-mode': 'persistent' };
    const sites: Readonly<Record<string, Parameters<typeof annotations>[0]>> = {
      balanced: sticky,
      persistent,
      full: {
        ...sticky,
        'session-cookie-name': 'route',
        'session-cookie-expires': 172_800,
        'session-cookie-max-age': 86_400,
        'session-cookie-domain': 'full.test',
        'session-cookie-path': '/app',
        'session-cookie-samesite': 'strict',
        'session-cookie-secure': true,
      },
      conditional: {
        ...sticky,
        'session-cookie-samesite': 'None',
        'session-cookie-conditional-samesite-none': true,
      },
      none: { ...sticky, 'session-cookie-samesite': 'None' },
    };
    for (const [name, short] of Object.entries(sites))
      stage.write(`${name}.yaml`, ...site(name, { places: all, with: short }));
    stage.write('deep.yaml', ...site('deep', { places: all, path: '/shop', with: sticky }));
    stage.write('kept.yaml', ...site('kept', { places: [...all.slice(0, 1), dead], with: persistent }));
    const changing = { ...persistent, 'session-cookie-change-on-failure': true };
    stage.write('changing.yaml', ...site('changing', { places: [...all.slice(0, 1), dead], with: changing }));
    stage.write('cookies.yaml', ...site('cookies', { places: [plain], with: sticky }));
    stage.write(
      'shared.yaml',
      service('shared'),
      ...endpoints('shared', all),
      ingress('shared', { annotations: annotations(sticky), rules: { 'shared.test': 'shared' } }),
      ingress('follower', { rules: { 'follower.test': 'shared' }, created: '2026-02-01T00:00:00Z' }),
    );
    return { all, dead, persistent, program: await stage.start({ flags: ['--sync-rate-limit=20'] }) };
  });

  async function open(host: string, path = '/', headers = {}) {
    const answer = await the().program.http(host, path, { headers });
    const text = answer.headers['set-cookie']?.[0] ?? '';
    return { answer, text, cookie: text.split(';')[0] ?? '', backend: answer.echo().backend };
  }

  for (const name of ['balanced', 'persistent']) {
    it(`${name}: the cookie leads to the same endpoint, and is set once`, async () => {
      const opened = await open(`${name}.test`);
      expect(opened.cookie).to.match(/^INGRESSCOOKIE=/);
      for (let request = 0; request < 30; request++) {
        const again = await open(`${name}.test`, '/x', { cookie: opened.cookie });
        expect(again).to.include({ backend: opened.backend, text: '' });
      }
    });

    it(`${name}: new sessions reach all endpoints`, async () => {
      const seen = new Set<string>();
      for (let request = 0; request < 60; request++) seen.add((await open(`${name}.test`)).backend);
      expect([...seen].sort()).to.deep.equal(['one', 'three', 'two']);
    });
  }

  it('has the form that existing clients hold', async () => {
    const { cookie, backend } = await open('persistent.test');
    const place = the().all.find(({ name }) => name === backend);
    const name = 'default-persistent-80';
    const key = md5(`${name}${place?.address}:${place?.port}`);
    expect(cookie).to.equal(`INGRESSCOOKIE=${key}|${md5(md5(name) + name)}`);
    const balanced = await open('balanced.test');
    expect(balanced.cookie).to.match(/^INGRESSCOOKIE=\d+\.\d+\.\d+\.\d+\|[0-9a-f]{32}$/);
    expect(balanced.text).to.match(/\|[0-9a-f]{32}; Path=\/; HttpOnly$/);
  });

  it('carries all attributes in their order', async () => {
    const { text } = await open('full.test');
    expect(text).to.match(
      /^route=[^;]+; Expires=\w{3}, [^;]+ GMT; Max-Age=86400; Domain=full\.test; Path=\/app; Secure; HttpOnly; SameSite=Strict$/,
    );
    const expires = Date.parse(/Expires=([^;]+)/.exec(text)?.[1] ?? '');
    expect(Math.abs(expires - Date.now() - 172_800_000)).to.be.below(60_000);
  });

  it('is Secure over HTTPS', async () => {
    const answer = await the().program.https('balanced.test', '/');
    expect(answer.headers['set-cookie']?.[0]).to.include('; Secure; HttpOnly');
  });

  it('has the path of the Ingress', async () => {
    expect((await open('deep.test', '/shop/cart')).text).to.include('; Path=/shop;');
  });

  const agents: readonly (readonly [string, string, boolean])[] = [
    ['conditional', CHROME_51, false],
    ['conditional', SAFARI_14, false],
    ['conditional', CHROME_90, true],
    ['none', CHROME_51, true],
  ];
  for (const [name, agent, wanted] of agents) {
    it(`${name}: SameSite=None ${wanted ? 'goes to' : 'spares'} ${agent.slice(-40)}`, async () => {
      const { text } = await open(`${name}.test`, '/', { 'user-agent': agent });
      expect(text.endsWith('; SameSite=None')).to.equal(wanted);
    });
  }

  it('leaves the cookies of the backend in place', async () => {
    const { answer } = await open('cookies.test');
    expect(answer.headers['set-cookie']).to.have.length(2);
    expect(answer.headers['set-cookie']).to.include('own=1');
  });

  it('another Ingress of the same Service follows the cookie and sets none', async () => {
    const { cookie, backend } = await open('shared.test');
    expect((await open('follower.test')).text).to.equal('');
    for (let request = 0; request < 10; request++)
      expect((await open('follower.test', '/', { cookie })).backend).to.equal(backend);
  });

  it('persistent: sessions stay when endpoints come, and move when theirs goes', async () => {
    const { stage, all, persistent } = the();
    const write = (places: readonly Backend[]) =>
      stage.write('persistent.yaml', ...site('persistent', { places, with: persistent }));
    write(all.slice(0, 2));
    await eventually(async () => {
      for (let request = 0; request < 30; request++)
        expect((await open('persistent.test')).backend).not.to.equal('three');
    });
    const { cookie, backend } = await open('persistent.test');
    write(all);
    await eventually(async () => {
      const seen = new Set<string>();
      for (let request = 0; request < 40; request++) seen.add((await open('persistent.test')).backend);
      expect(seen).to.include('three');
    });
    expect(await open('persistent.test', '/', { cookie })).to.include({ backend, text: '' });
    write(all.filter(({ name }) => name !== backend));
    await eventually(async () => {
      const moved = await open('persistent.test', '/', { cookie });
      expect(moved.backend).not.to.equal(backend);
      expect(moved.text).to.match(/^INGRESSCOOKIE=/);
    });
    write(all);
  });

  function cookieFor(name: string, { address, port }: { readonly address: string; readonly port: number }) {
    return `INGRESSCOOKIE=${md5(`default-${name}-80${address}:${port}`)}|x`;
  }

  it('an endpoint that fails keeps the session unless it may change', async () => {
    const { program, dead } = the();
    const kept = await program.http('kept.test', '/', { headers: { cookie: cookieFor('kept', dead) } });
    expect(kept.status).to.equal(502);
    const headers = { cookie: cookieFor('changing', dead) };
    const changed = await program.http('changing.test', '/', { headers });
    expect(changed.echo().backend).to.equal('one');
    expect(changed.headers['set-cookie']?.[0]).to.match(/^INGRESSCOOKIE=[0-9a-f]{32}\|/);
  });

  it('a new session whose first endpoint fails gets one cookie, of the endpoint that answered', async () => {
    for (let request = 0; request < 20; request++) {
      const { answer, cookie } = await open('kept.test');
      expect(answer.headers['set-cookie']).to.have.length(1);
      expect((await open('kept.test', '/', { cookie })).backend).to.equal('one');
    }
  });

  for (const name of ['balanced', 'persistent']) {
    it(`${name}: sessions of a leaving pod that answers no more move to others, with a new cookie`, async () => {
      const { stage, program, all, dead } = the();
      const places = [...all, dead];
      const objects = site(`gone-${name}`, { places, with: { affinity: 'cookie', 'affinity-mode': name } });
      const host = `gone-${name}.test`;
      const write = () =>
        stage.write(`gone-${name}.yaml`, ...objects.map((object) => withLeaving(object as SliceLike, dead)));
      await program.reloadAfter(write);
      await eventually(async () => expect((await program.http(host, '/')).status).to.equal(200));
      // Enough keys for each of the endpoints, the one that leaves too.
      const keys = Array.from({ length: 40 }, (_, index) => `INGRESSCOOKIE=${index}.1.1|x`);
      const cookies = name === 'balanced' ? keys : keys.map(() => cookieFor(`gone-${name}`, dead));
      const start = program.logLines().length;
      let moved = 0;
      for (const cookie of cookies) {
        const answer = await program.http(host, '/', { headers: { cookie } });
        expect(answer.status).to.equal(200);
        const fresh = answer.headers['set-cookie']?.[0]?.split(';')[0];
        if (fresh === undefined) continue;
        moved++;
        const next = await open(host, '/', { cookie: fresh });
        expect(next).to.include({ backend: answer.echo().backend, text: '' });
      }
      expect(moved).to.be.greaterThan(1);
      // Each worker finds out once.
      const tries = program
        .logLines()
        .slice(start)
        .filter((line) => line.includes('Connection refused'));
      expect(tries.length).to.be.within(1, availableParallelism());
    });
  }

  it('a session of a leaving pod whose address is silent moves to another before a usual connect timeout', async () => {
    const { stage, program, all, persistent } = the();
    const mute = await openMutePlace();
    try {
      const objects = site('silent', { places: [...all, mute], with: persistent });
      const write = () =>
        stage.write('silent.yaml', ...objects.map((object) => withLeaving(object as SliceLike, mute)));
      await program.reloadAfter(write);
      await eventually(async () => expect((await program.http('silent.test', '/')).status).to.equal(200));
      const start = program.logLines().length;
      const headers = { cookie: cookieFor('silent', mute) };
      const answer = await program.http('silent.test', '/', { headers });
      expect(answer.status).to.equal(200);
      expect(answer.headers['set-cookie']).to.have.length(1);
      // What nginx measured for each try: the first one waited, but not the 5 s of proxy_connect_timeout.
      await eventually(() => {
        const lines = program.logLines().slice(start);
        const line = lines.find((text) => text.includes(`[default-silent-80] [] 127.0.0.1:${mute.port}, `));
        const [, first] = /\[\] \S+, \S+ \S+, \S+ ([\d.]+), /.exec(line ?? '') ?? [];
        expect(Number(first), line).to.be.within(1.9, 4);
      });
    } finally {
      await mute.close();
    }
  });

  it('a pod that is leaving keeps its sessions and gets no new ones', async () => {
    const { stage, all, persistent } = the();
    const leaving = all[0];
    if (leaving === undefined) throw new Error('no backend');
    const objects = site('persistent', { places: all, with: persistent }).map((object) =>
      withLeaving(object as SliceLike, leaving),
    );
    const cookie = cookieFor('persistent', leaving);
    stage.write('persistent.yaml', ...objects);
    await eventually(async () => {
      for (let request = 0; request < 30; request++)
        expect((await open('persistent.test')).backend).not.to.equal('one');
    });
    // The endpoint may have been missing altogether before.
    await eventually(async () =>
      expect(await open('persistent.test', '/', { cookie })).to.include({ backend: 'one', text: '' }),
    );
    for (let request = 0; request < 30; request++)
      expect((await open('persistent.test')).backend).not.to.equal('one');
  });
});

interface SliceLike {
  readonly kind: string;
  readonly ports?: readonly { readonly port: number }[];
  readonly endpoints?: readonly { readonly addresses: readonly string[] }[];
}

function withLeaving(object: SliceLike, { port }: Pick<Backend, 'port'>): object {
  if (object.kind !== 'EndpointSlice' || object.ports?.[0]?.port !== port) return object;
  const conditions = { ready: false, serving: true, terminating: true };
  return { ...object, endpoints: object.endpoints?.map((endpoint) => ({ ...endpoint, conditions })) };
}
