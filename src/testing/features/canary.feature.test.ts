import { expect } from 'chai';
import { endpoints, ingress, ingressClass, service } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { annotations, site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

type Short = Parameters<typeof annotations>[0];

describe('canary', () => {
  const the = useStage(async (stage) => {
    const main = await stage.backend('main');
    const next = await stage.backend('next');
    const other = await stage.backend('other');
    stage.write('class.yaml', ingressClass());
    stage.write(
      'services.yaml',
      service('main'),
      ...endpoints('main', [main]),
      service('next'),
      ...endpoints('next', [next]),
      service('other'),
      ...endpoints('other', [other]),
      service('empty'),
      ...endpoints('empty', []),
    );
    const primary = (name: string, to = 'main', path = '/') =>
      ingress(name, { rules: { [`${name}.test`]: [{ path, to }] }, created: '2026-01-01T00:00:00Z' });
    const canary = (name: string, short: Short, { to = 'next', path = '/', index = 1 } = {}) =>
      ingress(`${name}-canary-${index}`, {
        rules: { [`${name}.test`]: [{ path, to }] },
        annotations: annotations({ canary: true, ...short }),
        created: `2026-01-02T00:00:0${index}Z`,
      });
    const rules: Readonly<Record<string, Short>> = {
      header: { 'canary-by-header': 'X-Canary' },
      value: { 'canary-by-header': 'X-Canary', 'canary-by-header-value': 'blue' },
      pattern: { 'canary-by-header': 'X-Country', 'canary-by-header-pattern': '^(de|at)$' },
      cookie: { 'canary-by-cookie': 'canary' },
      order: { 'canary-by-header': 'X-Canary', 'canary-by-cookie': 'canary', 'canary-weight': 100 },
      all: { 'canary-weight': 100 },
      none: { 'canary-weight': 0 },
      half: { 'canary-weight': 50 },
      total: { 'canary-weight': 500, 'canary-weight-total': 1000 },
      'total-too-small': { 'canary-weight': 100, 'canary-weight-total': 10 },
    };
    for (const [name, short] of Object.entries(rules))
      stage.write(`${name}.yaml`, primary(name), canary(name, short));
    stage.write(
      'several.yaml',
      primary('several'),
      canary('several', { 'canary-by-header': 'X-Next', 'canary-weight': 30 }),
      canary('several', { 'canary-by-header': 'X-Other', 'canary-weight': 30 }, { to: 'other', index: 2 }),
    );
    stage.write('empty.yaml', primary('empty'), canary('empty', { 'canary-weight': 100 }, { to: 'empty' }));
    stage.write('down.yaml', primary('down', 'empty'), canary('down', { 'canary-by-header': 'X-Canary' }));
    stage.write(
      'elsewhere.yaml',
      primary('elsewhere', 'next'),
      ingress('paths', {
        rules: {
          'paths.test': [
            { path: '/a', to: 'main' },
            { path: '/b', to: 'main' },
          ],
        },
      }),
      canary('paths', { 'canary-weight': 100 }, { path: '/a' }),
    );
    stage.write(
      'twins.yaml',
      ingress('twins', {
        rules: {
          'twins.test': [
            { path: '/x', type: 'Exact', to: 'main' },
            { path: '/x', to: 'main' },
          ],
        },
      }),
      canary('twins', { 'canary-weight': 100 }, { path: '/x' }),
    );
    stage.write('wild.yaml', {
      ...primary('wild'),
      spec: { ingressClassName: 'nginx', rules: wildRules('main') },
    });
    stage.write('wild-canary.yaml', {
      ...canary('wild', { 'canary-weight': 100 }),
      spec: { ingressClassName: 'nginx', rules: wildRules('next') },
    });
    stage.write('lost.yaml', canary('lost', { 'canary-weight': 100 }));
    stage.write(
      'sticky.yaml',
      ...site('sticky', { places: [main], with: { affinity: 'cookie', 'session-cookie-name': 'route' } }),
      canary('sticky', { 'canary-by-header': 'X-Canary' }),
    );
    stage.write(
      'legacy.yaml',
      ...site('legacy', { places: [main], with: { affinity: 'cookie', 'session-cookie-name': 'route' } }),
      canary('legacy', { 'canary-by-header': 'X-Canary', 'affinity-canary-behavior': 'legacy' }),
    );
    return { canary, program: await stage.start({ flags: ['--sync-rate-limit=20'] }) };
  });

  function wildRules(to: string) {
    const backend = { service: { name: to, port: { number: 80 } } };
    return [{ host: '*.wild.test', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }];
  }

  const rows: readonly (readonly [string, Readonly<Record<string, string>>, string | number, string?])[] = [
    ['header', { 'x-canary': 'always' }, 'next'],
    ['header', { 'x-canary': 'never' }, 'main'],
    ['header', { 'x-canary': 'other' }, 'main'],
    ['header', {}, 'main'],
    ['value', { 'x-canary': 'blue' }, 'next'],
    ['value', { 'x-canary': 'Blue' }, 'main'],
    ['value', { 'x-canary': 'always' }, 'main'],
    ['pattern', { 'x-country': 'de' }, 'next'],
    ['pattern', { 'x-country': 'den' }, 'main'],
    ['cookie', { cookie: 'canary=always' }, 'next'],
    ['cookie', { cookie: 'canary=never' }, 'main'],
    ['cookie', { cookie: 'a=b; canary=always' }, 'next'],
    ['order', { 'x-canary': 'never', cookie: 'canary=always' }, 'main'],
    ['order', { 'x-canary': 'always', cookie: 'canary=never' }, 'next'],
    ['order', { 'x-canary': 'what', cookie: 'canary=never' }, 'main'],
    ['order', { 'x-canary': 'what', cookie: 'canary=what' }, 'next'],
    ['all', {}, 'next'],
    ['none', {}, 'main'],
    ['total-too-small', {}, 'next'],
    ['empty', {}, 'main'],
    ['down', {}, 503],
    ['down', { 'x-canary': 'always' }, 'next'],
    ['elsewhere', {}, 'next'],
    ['paths', {}, 'next', '/a'],
    ['paths', {}, 'next', '/a/x'],
    ['paths', {}, 'main', '/b'],
    ['twins', {}, 'main', '/x'],
    ['twins', {}, 'next', '/x/y'],
    ['a.wild', {}, 'next'],
    ['lost', {}, 404],
    ['several', { 'x-next': 'always' }, 'next'],
    ['several', { 'x-other': 'always' }, 'other'],
    ['several', { 'x-next': 'always', 'x-other': 'always' }, 'next'],
    ['several', { 'x-next': 'never', 'x-other': 'never' }, 'main'],
  ];
  for (const [name, headers, wanted, path = '/'] of rows) {
    it(`${name}${path} ${JSON.stringify(headers)} gets ${wanted}`, async () => {
      const answer = await the().program.http(`${name}.test`, path, { headers });
      if (typeof wanted === 'number') expect(answer.status).to.equal(wanted);
      else expect(answer.echo().backend).to.equal(wanted);
    });
  }

  async function shares(name: string, headers = {}): Promise<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = { main: 0, next: 0, other: 0 };
    for (let request = 0; request < 400; request++) {
      const { backend } = (await the().program.http(`${name}.test`, '/', { headers })).echo();
      counts[backend] = (counts[backend] ?? 0) + 1;
    }
    return counts;
  }

  // 400 draws of one half: less than 140 or more than 260 in one of a billion runs.
  for (const name of ['half', 'total']) {
    it(`a weight sends its share: ${name}`, async () => {
      expect((await shares(name))['next']).to.be.within(140, 260);
    });
  }

  it('several canaries share by their weights', async () => {
    const counts = await shares('several');
    for (const name of ['next', 'other']) expect(counts[name]).to.be.within(66, 174);
    expect(counts['main']).to.be.within(100, 220);
  });

  it('a canary that is excluded leaves the others their shares', async () => {
    const counts = await shares('several', { 'x-next': 'never' });
    expect(counts['next']).to.equal(0);
    expect(counts['other']).to.be.within(66, 174);
  });

  it('a new weight needs no reload', async () => {
    const { program, stage, canary } = the();
    await program.settled();
    const before = program.reloads();
    const of = (weight: number) => [
      ingress('half', { rules: { 'half.test': 'main' }, created: '2026-01-01T00:00:00Z' }),
      canary('half', { 'canary-weight': weight }),
    ];
    const served = async () => (await program.http('half.test', '/')).echo().backend;
    const all = async (wanted: string) => {
      for (let request = 0; request < 20; request++) expect(await served()).to.equal(wanted);
    };
    stage.write('half.yaml', ...of(100));
    await eventually(() => all('next'));
    stage.write('half.yaml', ...of(0));
    await eventually(() => all('main'));
    expect(program.reloads()).to.equal(before);
  });

  it('a session stays with the canary, and with the primary', async () => {
    const { program } = the();
    const first = await program.http('sticky.test', '/', { headers: { 'x-canary': 'always' } });
    expect(first.echo().backend).to.equal('next');
    const cookie = cookieOf(first.headers['set-cookie']);
    const again = await program.http('sticky.test', '/', { headers: { cookie, 'x-canary': 'never' } });
    expect(again.echo().backend).to.equal('next');
    expect(again.headers['set-cookie']).to.equal(undefined);
    const primary = await program.http('sticky.test', '/');
    const kept = cookieOf(primary.headers['set-cookie']);
    const held = await program.http('sticky.test', '/', { headers: { cookie: kept, 'x-canary': 'always' } });
    expect(held.echo().backend).to.equal('main');
  });

  it('with legacy behaviour the rules decide about each request', async () => {
    const { program } = the();
    const primary = await program.http('legacy.test', '/');
    const cookie = cookieOf(primary.headers['set-cookie']);
    const moved = await program.http('legacy.test', '/', { headers: { cookie, 'x-canary': 'always' } });
    expect(moved.echo().backend).to.equal('main');
    const fresh = await program.http('legacy.test', '/', { headers: { 'x-canary': 'always' } });
    expect(fresh.echo().backend).to.equal('next');
    expect(fresh.headers['set-cookie']).to.equal(undefined);
  });

  it('the owner of a canary without a primary is told', async () => {
    expect(await the().program.logged(/canary-unattached/)).to.include('default/lost-canary-1');
  });

  it('the log names the canary', async () => {
    const { program } = the();
    await program.http('all.test', '/logged');
    expect(await program.logged(/GET \/logged/)).to.include('[default-main-80] [default-next-80]');
  });
});

function cookieOf(headers: readonly string[] | undefined): string {
  return headers?.[0]?.split(';')[0] ?? '';
}
