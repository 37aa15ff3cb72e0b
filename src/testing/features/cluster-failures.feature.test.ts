import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startFakeApi } from '../fake-api/server.ts';
import type { FakeApi } from '../fake-api/server.ts';
import type { Program } from '../harness/program.ts';
import { apply, kubeconfig } from '../harness/cluster.ts';
import { endpoints, ingress } from '../harness/objects.ts';
import { eventually, steadily } from '../harness/poll.ts';
import { useStage } from '../harness/stage.ts';
import { siteObjects } from './site.ts';

/** Milliseconds until a change that was made during a failure must be served; back-off included. */
const RECOVERED = 110_000;

/** Sends requests all the time while something happens. @throws when one of them is not answered by a backend. */
async function underTraffic(program: Program, action: () => Promise<void>): Promise<void> {
  const failures: string[] = [];
  let requests = 0;
  let over = false;
  const done = (async () => {
    while (!over) {
      requests += 1;
      const found = await program.atOnce
        .http('a.test', '/')
        .then(({ status, text }) => (status === 200 ? '' : `${status} ${text}`), String);
      if (found !== '' && failures.length < 10) failures.push(found);
    }
  })();
  try {
    await action();
  } finally {
    over = true;
    await done;
  }
  expect(failures).to.deep.equal([]);
  expect(requests).to.be.above(1);
}

interface Failure {
  readonly what: string;
  fail(api: FakeApi): unknown;
  /** What has to happen before the program can see changes again. */
  mend?(api: FakeApi): unknown;
}

const ended: readonly Failure[] = [
  { what: 'watches are closed', fail: (api) => api.closeWatches() },
  { what: 'watches are closed again and again', fail: (api) => repeat(4, () => api.closeWatches()) },
  { what: 'connections are reset', fail: (api) => api.resetWatches() },
  {
    what: 'watches fall silent and break later',
    fail: (api) => api.stallWatches(),
    mend: (api) => api.resetWatches(),
  },
  {
    what: 'watches are reset before they answer',
    fail: (api) => {
      api.fail({ verb: 'watch', answer: 'reset', times: 6 });
      api.closeWatches();
    },
  },
  {
    what: 'the server is away and comes back',
    fail: (api) => api.stopListening(),
    mend: async (api) => {
      await steadily(() => undefined, 1500);
      await api.listenAgain();
    },
  },
];

const broken: readonly Failure[] = [
  {
    what: 'the version is gone, told in the stream',
    fail: (api) => {
      api.compact();
      api.sendError('Ingress', 410);
    },
  },
  {
    what: 'the version is gone, told by 410',
    fail: (api) => {
      api.compact();
      api.closeWatches();
    },
  },
  { what: 'another error comes in the stream', fail: (api) => api.sendError('Ingress', 500) },
  { what: 'a line makes no sense', fail: (api) => api.sendLine('Ingress', '{"type":"ADDED","object":{"ki') },
  {
    what: 'a line is cut in the middle',
    fail: (api) => {
      api.sendPart('Ingress', '{"type":"MODI');
      api.closeWatches('Ingress');
    },
  },
  {
    what: 'watches get something that is no API',
    fail: (api) => {
      api.fail({ verb: 'watch', answer: 'nonsense', times: 6 });
      api.closeWatches();
    },
  },
];

const refused: readonly Failure[] = [
  ...[429, 503].map((answer) => ({
    what: `watches get ${answer} with Retry-After`,
    fail: (api: FakeApi) => {
      api.fail({ verb: 'watch', answer, retryAfter: '1', times: 6 });
      api.closeWatches();
    },
  })),
  ...[500, 502, 504, 401, 403, 404].map((answer) => ({
    what: `one watch gets ${answer}`,
    fail: (api: FakeApi) => {
      api.fail({ kind: 'Service', verb: 'watch', answer });
      api.closeWatches('Service');
    },
  })),
  {
    what: 'watches get 500 several times',
    fail: (api) => {
      api.fail({ verb: 'watch', answer: 500, times: 15 });
      api.closeWatches();
    },
  },
  {
    what: 'lists fail, too',
    fail: (api) => {
      api.fail({ verb: 'list', answer: 500, times: 6 });
      api.compact();
      api.closeWatches();
    },
  },
];

// A program for each group: the more failures it has seen, the longer it waits.
for (const [group, failures] of Object.entries({ ended, broken, refused })) {
  describe(`failures of the API server: ${group}`, () => {
    const the = useCluster();

    for (const [index, { what, fail, mend }] of failures.entries()) {
      it(`${what}: traffic goes on, and changes are seen`, async () => {
        const { api, program, web, other } = the();
        const host = `failure-${index}.test`;
        const backend = index % 2 === 0 ? other : web;
        await underTraffic(program, async () => {
          await fail(api);
          apply(api, ingress('during', { rules: { [host]: 'web' } }), ...endpoints('web', [backend]));
          await mend?.(api);
          await eventually(async () => {
            expect((await program.http('a.test', '/')).echo().backend).to.equal(backend.name);
            expect((await program.http(host, '/')).echo().backend).to.equal(backend.name);
          }, RECOVERED);
        });
        api.clearFaults();
      });
    }
  });
}

function useCluster() {
  return useStage(async (stage) => {
    const address = stage.address();
    const web = await stage.backend('web', { address });
    const other = await stage.backend('other', { address });
    const api = await stage.api();
    apply(api, ...siteObjects(web));
    return { api, web, other, program: await stage.start({ api, flags: ['--sync-rate-limit=20'] }) };
  });
}

describe('failures of the API server: rights', () => {
  const the = useCluster();

  it('a moment without the right to read IngressClasses changes nothing', async () => {
    const { api, program } = the();
    api.fail({ kind: 'IngressClass', answer: 403, times: 1_000_000 });
    api.compact();
    api.closeWatches('IngressClass');
    const refusals = () => api.requests().filter(({ kind }) => kind === 'IngressClass').length;
    const before = refusals();
    await underTraffic(program, async () => {
      await eventually(() => expect(refusals()).to.be.above(before));
      // Another change makes the program look at everything again.
      await program.reloadAfter(() =>
        apply(api, ingress('meanwhile', { rules: { 'meanwhile.test': 'web' } })),
      );
      expect((await program.http('meanwhile.test', '/')).status).to.equal(200);
      expect((await program.http('a.test', '/')).status).to.equal(200);
    });
    api.clearFaults();
  });
});

describe('credentials of an API server', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web', { address: stage.address() });
    const api = await startFakeApi({ protocol: 'https', token: 'first' });
    stage.defer(api.close);
    apply(api, ...siteObjects(web));
    const file = join(stage.folder, 'kubeconfig');
    const write = (token: string) => writeFileSync(file, kubeconfig({ server: api.url, token, ca: api.ca }));
    write('first');
    const program = await stage.start({ flags: ['--sync-rate-limit=20'], kubeconfig: file });
    return { api, write, program };
  });

  it('come from a kubeconfig, over TLS', async () => {
    expect((await the().program.http('a.test', '/')).echo().backend).to.equal('web');
  });

  it('are read again when the token has changed', async () => {
    const { api, write, program } = the();
    await underTraffic(program, async () => {
      write('second');
      api.setToken('second');
      api.closeWatches();
      apply(api, ingress('rotated', { rules: { 'rotated.test': 'web' } }));
      await eventually(
        async () => expect((await program.http('rotated.test', '/')).echo().backend).to.equal('web'),
        RECOVERED,
      );
    });
  });

  it('are asked for until they are right again', async () => {
    const { api, write, program } = the();
    await underTraffic(program, async () => {
      api.setToken('third');
      api.closeWatches();
      await program.logged(/cannot follow a kind of objects/);
      apply(api, ingress('fixed', { rules: { 'fixed.test': 'web' } }));
      write('third');
      await eventually(
        async () => expect((await program.http('fixed.test', '/')).echo().backend).to.equal('web'),
        RECOVERED,
      );
    });
  });
});

async function repeat(times: number, action: () => unknown): Promise<void> {
  for (let time = 0; time < times; time++) {
    action();
    await steadily(() => undefined, 100);
  }
}
