import { expect } from 'chai';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { describeFaults } from '../../nginx/known-faults.ts';
import { root } from '../harness/program.ts';
import { activeWorkersOf, processInfo } from '../harness/processes.ts';
import { useStage } from '../harness/stage.ts';
import { writeSite } from './site.ts';

const START_LIMIT = 60_000;

describe('start', () => {
  describe('on the examples', () => {
    const the = useStage(async (stage) => {
      // The demo backends have fixed ports; other ones take their place here, so that nothing else on the machine matters.
      const demo = {
        9001: await stage.backend('web'),
        9002: await stage.backend('shop'),
        9003: await stage.backend('wordpress'),
      };
      for (const path of exampleFiles()) {
        let text = readFileSync(join(root, 'examples', path), 'utf8');
        for (const [port, backend] of Object.entries(demo))
          text = text.replaceAll(`port: ${port}`, `port: ${backend.port}`);
        stage.write(path.replaceAll('/', '-'), text);
      }
      const started = performance.now();
      const program = await stage.start();
      return { program, duration: performance.now() - started };
    });

    it('is ready in time', () => {
      expect(the().duration).to.be.below(START_LIMIT);
    });

    const served: readonly (readonly [host: string, path: string, backend: string])[] = [
      ['www.test.com', '/', 'web'],
      ['wordpress.test.com', '/', 'wordpress'],
      ['anything.shop.test', '/', 'shop'],
    ];
    for (const [host, path, backend] of served) {
      it(`serves http://${host}${path} from ${backend}`, async () => {
        const answer = await the().program.http(host, path);
        expect(answer.echo().backend).to.equal(backend);
      });
    }

    const servedByTls: readonly (readonly [path: string, backend: string])[] = [
      ['/', 'web'],
      ['/cart', 'shop'],
      ['/products/1', 'shop'],
      ['/productsale', 'web'],
      ['/legacy', 'web'],
    ];
    for (const [path, backend] of servedByTls) {
      it(`serves https://shop.test${path} from ${backend}`, async () => {
        const answer = await the().program.https('shop.test', path);
        expect(answer.echo().backend).to.equal(backend);
      });
    }

    it('serves every host of the examples', async () => {
      const { program } = the();
      for (const host of exampleHosts()) {
        const { status } = await program.http(host.replace('*', 'any'), '/');
        expect(status, host).to.be.oneOf([200, 308]);
      }
    });

    it('says on one page that all is well', async () => {
      const { program } = the();
      expect(await program.health('/healthz')).to.include({ status: 200, text: 'ok' });
      const { text } = await program.health('/healthz?verbose');
      expect(text).to.equal('[+]ping ok\n[+]nginx-ingress-controller ok\nhealthz check passed\n');
      expect(program.logLines().filter((line) => line.includes('"Ready:'))).to.have.length(1);
    });

    it('logs no error and no warning of the controller but one about an old nginx, and nothing serious of nginx', () => {
      const bad = the()
        .program.logLines()
        .filter((line) => /^[EWF]\d{4} |\[(?:error|crit|alert|emerg)\]/.test(line));
      const [, version = ''] = /nginx\/([\d.]+)/.exec(the().program.logLines().join('\n')) ?? [];
      const faults = describeFaults(version);
      expect(bad.filter((line) => faults === null || !line.includes(faults))).to.deep.equal([]);
      expect(bad).to.have.length(faults === null ? 0 : 1);
    });
  });

  describe('beside another instance', () => {
    const the = useStage(async (stage) => {
      await writeSite(stage);
      const [one, two] = await Promise.all([stage.start(), stage.start()]);
      return { one, two };
    });

    it('both serve', async () => {
      for (const program of [the().one, the().two]) {
        expect((await program.http('a.test', '/')).echo().backend).to.equal('web');
      }
      expect(the().one.master()).to.not.equal(the().two.master());
    });

    it('one goes on when the other stops', async () => {
      const { one, two } = the();
      expect(await one.stop()).to.deep.equal({ code: 0, signal: null });
      expect((await two.http('a.test', '/')).echo().backend).to.equal('web');
    });
  });

  describe('as an ordinary user', () => {
    const NOBODY = 65_534;
    const the = useStage(async (stage) => {
      await writeSite(stage);
      return { program: await stage.start({ user: NOBODY }) };
    });

    it('serves, with nginx of the same user', async () => {
      const { program } = the();
      expect((await program.http('a.test', '/')).echo().backend).to.equal('web');
      const master = program.master();
      for (const pid of [program.pid, master, ...activeWorkersOf(master)]) {
        expect(processInfo(pid), String(pid)).to.not.equal(undefined);
        expect(userOf(pid)).to.equal(NOBODY);
      }
    });

    it('takes bodies that do not fit into memory', async () => {
      const answer = await the().program.http('a.test', '/', { method: 'POST', body: Buffer.alloc(900_000) });
      expect(answer.echo().bodyLength).to.equal(900_000);
    });
  });
});

function exampleFiles(): readonly string[] {
  return readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.yaml'),
  );
}

function exampleHosts(): readonly string[] {
  const objects = exampleFiles()
    .flatMap((path) => parseAllDocuments(readFileSync(join(root, 'examples', path), 'utf8')))
    .map((document) => document.toJS() as { kind?: string; spec?: { rules?: readonly { host?: string }[] } });
  return objects.flatMap(({ kind, spec }) =>
    kind === 'Ingress' ? (spec?.rules ?? []).map((rule) => rule.host ?? '') : [],
  );
}

function userOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]);
}
