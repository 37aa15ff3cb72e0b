/** The webhook's verdict where others have a say: Ingresses of the same host, and nginx. */
import { expect } from 'chai';
import type { Model } from '../model/model.ts';
import { candidate, verdictOn } from '../testing/builders/judge.ts';
import type { JudgeOptions } from '../testing/builders/judge.ts';
import { ingress } from '../testing/builders/objects.ts';
import type { IngressSpec } from '../testing/builders/objects.ts';

const OLD = '2025-01-01T00:00:00Z';
const YOUNG = '2027-01-01T00:00:00Z';
const bad: IngressSpec = { host: 'Not_A_Host' };

async function refusal(spec: IngressSpec, setup: JudgeOptions = {}): Promise<string> {
  const verdict = await verdictOn(candidate(spec), setup);
  expect(verdict.allowed).to.equal(false);
  return verdict.message;
}

async function accepted(spec: IngressSpec, setup: JudgeOptions = {}): Promise<void> {
  expect(await verdictOn(candidate(spec), setup)).to.deep.include({ allowed: true, message: '' });
}

describe('verdict beside others', () => {
  describe('of overlaps', () => {
    const holder = (created: string, spec: IngressSpec = {}) =>
      ingress({ name: 'holder', namespace: 'other', host: 'a.example.com', paths: ['/x'], created, ...spec });
    const message = 'host "a.example.com" and path "/x" is already defined in ingress other/holder';

    for (const [name, created] of [
      ['an older', OLD],
      ['a younger', YOUNG],
    ] as const) {
      it(`refuses a path that ${name} Ingress has`, async () => {
        expect(await refusal({ paths: ['/x'] }, { objects: [holder(created)] })).to.include(message);
      });

      it(`refuses an update that takes a path from ${name} Ingress`, async () => {
        const objects = [ingress({ host: 'a.example.com', paths: ['/before'] }), holder(created)];
        expect(await refusal({ paths: ['/x'] }, { objects })).to.include(message);
      });
    }

    it('accepts an update of the Ingress that has the path', async () => {
      await accepted(
        { paths: ['/x', '/y'] },
        { objects: [ingress({ host: 'a.example.com', paths: ['/x'] })] },
      );
    });

    it('names every path that is taken', async () => {
      const objects = [holder(OLD, { paths: ['/x', '/y'] })];
      expect((await refusal({ paths: ['/x', '/y', '/z'] }, { objects })).split('\n')).to.have.length(2);
    });

    for (const [name, spec, objects] of [
      ['on another host', { host: 'b.example.com', paths: ['/x'] }, [holder(OLD)]],
      ['of another type', { paths: [{ path: '/x', type: 'Exact' }] }, [holder(OLD)]],
      ['of a holder that is not ours', { paths: ['/x'] }, [holder(OLD, { className: 'other' })]],
      [
        'of a holder that is left out itself',
        { paths: ['/x'] },
        [holder(OLD, { annotations: { 'client-body-buffer-size': 'x' } })],
      ],
    ] as const satisfies readonly (readonly [string, IngressSpec, JudgeOptions['objects']])[]) {
      it(`accepts the path ${name}`, () => accepted(spec, { objects }));
    }

    it('leaves a canary alone', async () => {
      const objects = [holder(OLD)];
      await accepted(
        { paths: [{ path: '/x', service: 'next' }], annotations: { canary: 'true' } },
        { objects },
      );
    });

    it('warns of a canary without a primary', async () => {
      const spec = { paths: ['/none'], annotations: { canary: 'true' } };
      const verdict = await verdictOn(candidate(spec), { objects: [holder(OLD)] });
      expect(verdict.allowed).to.equal(true);
      expect(verdict.warnings.join()).to.include('the canary gets no requests');
    });

    it('counts a missing host as one host', async () => {
      const objects = [ingress({ name: 'holder', namespace: 'other', paths: ['/x'] })];
      const { allowed, message: reason } = await verdictOn(candidate({ rules: [{ paths: ['/x'] }] }), {
        objects,
      });
      expect({ allowed, reason }).to.have.property('allowed', false);
      expect(reason).to.include('is already defined in ingress other/holder');
    });

    it('is not disturbed by what is wrong in others', () =>
      accepted(
        { paths: ['/x'] },
        {
          objects: [ingress({ name: 'odd', host: 'a.example.com', paths: [{ path: '(', type: 'Prefix' }] })],
        },
      ));
  });

  it('refuses a path that is no regular expression when another Ingress makes the host such', async () => {
    const objects = [
      ingress({ name: 'regex', host: 'a.example.com', paths: ['/r'], annotations: { 'use-regex': 'true' } }),
    ];
    const spec = { paths: [{ path: '/[', type: 'ImplementationSpecific' }] };
    expect(await refusal(spec, { objects })).to.include('matched by regular expressions');
    await accepted(spec);
  });

  describe('of a Prefix with and without its last slash', () => {
    const holder = (path: string, more: IngressSpec = {}) =>
      ingress({ name: 'holder', namespace: 'other', host: 'a.example.com', paths: [path], ...more });

    for (const [mine, theirs] of [
      ['/x/', '/x'],
      ['/x', '/x/'],
    ] as const) {
      it(`refuses ${mine} where an Ingress of another namespace has ${theirs}`, async () => {
        expect(await refusal({ paths: [mine] }, { objects: [holder(theirs)] })).to.equal(
          `spec.rules[0].http.paths[0].path: host "a.example.com" and path "${mine}" is already defined in ingress ` +
            `other/holder as "${theirs}"; use another host or path`,
        );
      });

      it(`accepts ${mine} beside ${theirs} when it has been so before`, async () => {
        const objects = [holder(theirs), ingress({ host: 'a.example.com', paths: [mine] })];
        await accepted({ paths: [mine, '/new'] }, { objects });
      });
    }

    for (const [name, spec, objects] of [
      ['of one Ingress', { paths: ['/x', '/x/'] }, []],
      ['of one namespace', { paths: ['/x'] }, [holder('/x/', { namespace: 'default' })]],
      ['that is Exact', { paths: [{ path: '/x', type: 'Exact' }] }, [holder('/x/')]],
      ['on another host', { host: 'b.example.com', paths: ['/x'] }, [holder('/x/')]],
      ['at the root', { paths: ['/x'] }, [holder('/')]],
    ] as const) {
      it(`accepts one ${name}`, () => accepted(spec, { objects }));
    }
  });

  describe('of regular expressions', () => {
    const regex = { 'use-regex': 'true' };
    const free = (path: string) => ({ path, type: 'ImplementationSpecific' });

    it('refuses to make a host such where that takes a path from another', async () => {
      const objects = [
        ingress({ name: 'plain', namespace: 'other', host: 'a.example.com', paths: [free('/[')] }),
      ];
      expect(await refusal({ paths: ['/x'], annotations: regex }, { objects }))
        .to.match(
          /^metadata\.annotations: use-regex or rewrite-target would take a path from ingress other\/plain/,
        )
        .and.include('"/[" is none');
    });

    for (const [path, annotations, message] of [
      [
        '/(a+)+',
        regex,
        /^spec\.rules\[0\]\.http\.paths\[0\]\.path: host "a\.example\.com" is matched.*many ways/,
      ],
      ['/((.*))', { 'rewrite-target': '/$1$2' }, /paths\[0\]\.path: .*group 2 inside of group 1/],
      ['/(a', regex, /^spec\.rules\[0\]\.http\.paths\[0\]\.path: .*is none that nginx can use/],
      ['/(a+)+', {}, null],
      ['/((.*))', regex, null],
      ['/(a(/[^/]+)*)', regex, null],
    ] as const) {
      it(`${message === null ? 'accepts' : 'refuses'} ${path} with ${JSON.stringify(annotations)}`, async () => {
        const spec = { paths: [free(path)], annotations };
        if (message === null) await accepted(spec);
        else expect(await refusal(spec)).to.match(message);
      });
    }

    it('does not blame the candidate for those of others', async () => {
      const objects = [
        ingress({ name: 'slow', host: 'a.example.com', paths: [free('/(a+)+')], annotations: regex }),
      ];
      await accepted({ paths: ['/x'] }, { objects });
    });
  });

  describe('asks nginx', () => {
    it('about all of a host that turns to regular expressions', async () => {
      const models: Model[] = [];
      const check = async (model: Model) => {
        models.push(model);
        return null;
      };
      const one = { name: 'one', host: 'a.example.com', paths: ['/one'] };
      const spec = { paths: ['/x'], annotations: { 'use-regex': 'true' } };
      await accepted(spec, { objects: [ingress(one)], check });
      await accepted(spec, { objects: [ingress({ ...one, annotations: { 'use-regex': 'true' } })], check });
      const paths = models.map(({ servers }) => servers[0]?.locations.map(({ route }) => route.path));
      expect(paths).to.deep.equal([['/one', '/one', '/x', '/'], ['/x']]);
    });

    it('about nothing when nothing is new', async () => {
      const models: Model[] = [];
      await accepted(
        { rules: [] },
        {
          check: async (model) => {
            models.push(model);
            return null;
          },
        },
      );
      expect(models.map(({ servers }) => servers)).to.deep.equal([[]]);
    });

    it('about what is new only, as it would be', async () => {
      const models: Model[] = [];
      const objects = [
        ingress({ name: 'one', host: 'a.example.com', paths: ['/one'] }),
        ingress({ name: 'two', host: 'b.example.com', paths: ['/two'] }),
      ];
      const check = async (model: Model) => {
        models.push(model);
        return null;
      };
      await accepted({ paths: ['/x'] }, { objects, check });
      const [model] = models;
      expect(model?.servers.map(({ host }) => host)).to.deep.equal(['a.example.com']);
      const paths = model?.servers[0]?.locations.map(({ route }) => route.path);
      expect(paths).to.deep.equal(['/x', '/x']);
    });

    it('and gives its words to the user', async () => {
      expect(await refusal({}, { check: async () => 'nginx would refuse this' })).to.equal(
        'nginx would refuse this',
      );
    });

    it('only about what is right so far', async () => {
      expect(await refusal(bad, { check: async () => 'not reached' })).to.not.include('not reached');
    });
  });
});
