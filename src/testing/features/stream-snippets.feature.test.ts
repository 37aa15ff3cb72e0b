/** Snippets at the level of stream: of Ingresses, and of the ConfigMap. */
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { configMap, ingressClass } from '../harness/objects.ts';
import { eventually, timed } from '../harness/poll.ts';
import { freePort } from '../harness/ports.ts';
import { site } from '../harness/sites.ts';
import { askTcp, closed, tcpBackend } from '../harness/streams.ts';
import { useStage } from '../harness/stage.ts';

const BOTH = { 'allow-snippet-annotations': 'true', 'annotations-risk-level': 'Critical' };

describe('stream-snippet', () => {
  const the = useStage(async (stage) => {
    const one = await tcpBackend(stage, 'one');
    const web = await stage.backend('web');
    const ports = {
      first: await freePort(),
      second: await freePort(),
      map: await freePort(),
      bad: await freePort(),
    };
    const server = (port: number, more = '') =>
      `server {\n  listen ${port};\n  proxy_pass 127.0.0.1:${one.port};\n${more}}`;
    const write = (name: string, snippet: string) =>
      stage.write(`${name}.yaml`, ...site(name, { places: [web], with: { 'stream-snippet': snippet } }));
    stage.write('class.yaml', ingressClass());
    stage.write(
      'settings.yaml',
      configMap('settings', { ...BOTH, 'stream-snippet': server(ports.map, '# last of all\n') }),
    );
    write('first', server(ports.first));
    write('second', server(ports.second));
    write('file', `include /etc/passwd;`);
    write('torn', `server {`);
    stage.write('plain.yaml', ...site('plain', { places: [web] }));
    const program = await stage.start({ flags: ['--configmap=default/settings'] });
    return { program, ports, server, write };
  });

  it('of all Ingresses and of the ConfigMap is in force, in this order', async () => {
    const { program, ports } = the();
    for (const port of [ports.first, ports.second, ports.map])
      expect(await askTcp(port, 'x')).to.equal('one<x>');
    const text = readFileSync(join(program.dataDir, 'nginx.conf'), 'utf8');
    const places = [`listen ${ports.first};`, `listen ${ports.second};`, '# last of all'].map((line) =>
      text.indexOf(line),
    );
    expect(places.includes(-1)).to.equal(false);
    expect(Math.max(...places)).to.equal(places[2]);
  });

  for (const [name, words] of [
    ['file', /ingress="default\/file".*"include\\" in line 1 runs code, reads or writes files/],
    ['torn', /ingress="default\/torn".*is not nginx configuration/],
  ] as const) {
    it(`that must not be makes the paths of its Ingress answer 503: ${name}`, async () => {
      const { program } = the();
      expect((await program.http(`${name}.test`, '/')).status).to.equal(503);
      expect(program.logLines().some((line) => words.test(line))).to.equal(true);
    });
  }

  it('that changes alone is noticed', async () => {
    const { write, server, ports } = the();
    write('second', server(ports.bad));
    await eventually(async () => expect(await askTcp(ports.bad, 'x')).to.equal('one<x>'));
    await eventually(() => closed(ports.second));
    write('second', server(ports.second));
    await eventually(async () => expect(await askTcp(ports.second, 'x')).to.equal('one<x>'));
  });

  it('that nginx refuses brings its Ingress into quarantine and nobody else', async () => {
    const { program, write, server, ports, stage } = the();
    write('second', `${server(ports.second)}\nno_such_directive on;`);
    const line = await program.logged(/Object in quarantine.*Ingress default\/second/);
    expect(line).to.include('no_such_directive');
    // What served before goes on.
    expect(await askTcp(ports.second, 'x')).to.equal('one<x>');
    stage.remove('first.yaml');
    await eventually(() => closed(ports.first));
    expect((await program.http('plain.test', '/')).status).to.equal(200);
    write('second', server(ports.second));
    await program.logged(/Object out of quarantine.*Ingress default\/second/);
  });
});

describe('stream-snippet with a port that another process has', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const holder = createServer().listen({ port: 0 });
    await once(holder, 'listening');
    stage.defer(() => holder.close());
    const { port } = holder.address() as AddressInfo;
    stage.write('class.yaml', ingressClass());
    stage.write('web.yaml', ...site('web', { places: [web] }));
    stage.write('settings.yaml', configMap('settings', BOTH));
    return { web, port, program: await stage.start({ flags: ['--configmap=default/settings'] }) };
  });

  it('brings its Ingress into quarantine, and others are served', async () => {
    const { stage, program, web, port } = the();
    const snippet = `server {\n  listen ${port};\n  proxy_pass 127.0.0.1:1;\n}`;
    const took = await timed(async () => {
      stage.write('taken.yaml', ...site('taken', { places: [web], with: { 'stream-snippet': snippet } }));
      const line = await program.logged(/Object in quarantine.*Ingress default\/taken/);
      expect(line).to.include(`another process has the address of \\"listen ${port}\\"`);
    });
    // nginx would try the address five times, and its workers would be waited for.
    expect(took).to.be.below(10_000);
    stage.write('late.yaml', ...site('late', { places: [web], with: { 'server-snippet': '# reload' } }));
    await eventually(async () => expect((await program.http('late.test', '/')).status).to.equal(200));
  });

  it('brings the key of the ConfigMap into quarantine, when it stands there', async () => {
    const { stage, program, port, web } = the();
    const snippet = `server {\n  listen ${port};\n  proxy_pass 127.0.0.1:1;\n}`;
    stage.write('settings.yaml', configMap('settings', { ...BOTH, 'stream-snippet': snippet }));
    await program.logged(/Object in quarantine.*ConfigMap key stream-snippet/);
    stage.write('later.yaml', ...site('later', { places: [web], with: { 'server-snippet': '# reload' } }));
    await eventually(async () => expect((await program.http('later.test', '/')).status).to.equal(200));
  });
});

describe('stream-snippet where snippets are not allowed', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const port = await freePort();
    const snippet = `server {\n  listen ${port};\n  return x;\n}`;
    stage.write('class.yaml', ingressClass());
    stage.write('web.yaml', ...site('web', { places: [web], with: { 'stream-snippet': snippet } }));
    stage.write('settings.yaml', configMap('settings', { 'annotations-risk-level': 'Critical' }));
    return { program: await stage.start({ flags: ['--configmap=default/settings'] }), port };
  });

  it('is left out, and the rest of the Ingress is served', async () => {
    const { program, port } = the();
    expect((await program.http('web.test', '/')).status).to.equal(200);
    await closed(port);
    expect(program.logLines().join('\n')).to.include('allow-snippet-annotations');
  });
});
