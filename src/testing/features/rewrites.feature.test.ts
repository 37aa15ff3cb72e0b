import { expect } from 'chai';
import { ingress } from '../harness/objects.ts';
import { useStage } from '../harness/stage.ts';
import { annotate, writeBackends } from './site.ts';

describe('rewrites', () => {
  const the = useStage(async (stage) => {
    await writeBackends(stage);
    const type = 'ImplementationSpecific';
    stage.write(
      'sites.yaml',
      ingress('captures', {
        rules: { 'captures.test': [{ path: '/api(/|$)(.*)', type, to: 'one' }] },
        annotations: annotate({ 'rewrite-target': '/$2', 'use-regex': 'true', 'x-forwarded-prefix': '/api' }),
      }),
      ingress('fixed', {
        rules: { 'fixed.test': [{ path: '/old', to: 'one' }] },
        annotations: annotate({ 'rewrite-target': '/new' }),
      }),
      ingress('same', {
        rules: { 'same.test': [{ path: '/app', to: 'one' }] },
        annotations: annotate({ 'x-forwarded-prefix': '/app' }),
      }),
    );
    return { program: await stage.start() };
  });

  const rewritten: readonly (readonly [host: string, path: string, url: string])[] = [
    ['captures.test', '/api/v1/x', '/v1/x'],
    ['captures.test', '/api/v1/x?q=1&r=2', '/v1/x?q=1&r=2'],
    ['captures.test', '/api', '/'],
    ['captures.test', '/api/', '/'],
    ['captures.test', '/API/Case', '/Case'],
    ['fixed.test', '/old', '/new'],
    ['fixed.test', '/old/x?q=1', '/new?q=1'],
  ];
  for (const [host, path, url] of rewritten) {
    it(`${host}${path} reaches the backend as ${url}`, async () => {
      expect((await the().program.http(host, path)).echo().url).to.equal(url);
    });
  }

  it('X-Forwarded-Prefix comes with a rewrite only', async () => {
    const { program } = the();
    expect((await program.http('captures.test', '/api/x')).echo().headers).to.include({
      'x-forwarded-prefix': '/api',
    });
    expect((await program.http('same.test', '/app')).echo().headers).to.not.have.property(
      'x-forwarded-prefix',
    );
  });

  it('the other forwarded headers stay with a rewrite', async () => {
    const { headers } = (await the().program.http('captures.test', '/api/x')).echo();
    expect(headers).to.include({
      host: 'captures.test',
      'x-forwarded-host': 'captures.test',
      'x-real-ip': '127.0.0.1',
    });
  });

  it('what a rewrite does not match is 404', async () => {
    expect(await the().program.http('captures.test', '/apix')).to.include({ status: 404 });
  });
});

describe('default backends', () => {
  const the = useStage(async (stage) => {
    await writeBackends(stage);
    stage.write(
      'sites.yaml',
      ingress('catch-all', { defaultBackend: 'three' }),
      ingress('host-less', { rules: { '': [{ path: '/everywhere', to: 'one' }] } }),
      ingress('own', { rules: { 'own.test': [{ path: '/x', to: 'one' }] }, defaultBackend: 'two' }),
      ingress('without', { rules: { 'without.test': [{ path: '/x', to: 'one' }] } }),
    );
    return { program: await stage.start() };
  });

  const requests: readonly (readonly [host: string, path: string, wanted: string | number])[] = [
    ['unknown.test', '/', 'three'],
    ['unknown.test', '/a/b?c', 'three'],
    ['unknown.test', '/everywhere', 'one'],
    ['another.test', '/everywhere/x', 'one'],
    ['own.test', '/x', 'one'],
    ['own.test', '/y', 'two'],
    ['own.test', '/everywhere', 'two'],
    ['without.test', '/x', 'one'],
    ['without.test', '/y', 404],
  ];
  for (const [host, path, wanted] of requests) {
    it(`http://${host}${path} gets ${wanted}`, async () => {
      const answer = await the().program.http(host, path);
      if (typeof wanted === 'number') expect(answer.status).to.equal(wanted);
      else expect(answer.echo()).to.include({ backend: wanted, url: path });
    });
  }

  it('the health check of the catch-all server stays', async () => {
    expect(await the().program.http('unknown.test', '/healthz')).to.include({ status: 200, text: '' });
  });
});
