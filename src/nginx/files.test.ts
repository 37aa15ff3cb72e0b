import { expect } from 'chai';
import { createStores } from '../cluster/stores.ts';
import { environment, nginx122, nginx126 } from '../testing/builders/environment.ts';
import { configMap, ingress, ingressClass, service, slice } from '../testing/builders/objects.ts';
import { pipeline, render } from '../testing/builders/render.ts';
import type { Rendered } from '../testing/builders/render.ts';
import { linesOf, serverAt } from './generation.ts';

const hosts = ['a.example.com', 'b.example.com', '*.example.com'];
const objects = [
  ingressClass(),
  service(),
  slice(),
  ...hosts.map((host, index) => ingress({ name: `web-${index}`, host, paths: ['/', `/p${index}`] })),
];

const lineOf = ({ text }: Rendered, line: number) => text.split('\n')[line - 1];

describe('files', () => {
  it('point from lines to the servers that they belong to', async () => {
    const rendered = await render(objects);
    const lines = linesOf(rendered.generation);
    expect(lines.map(({ server }) => server.host)).to.deep.equal(
      rendered.model.servers.map(({ host }) => host),
    );
    for (const { line, server } of lines) {
      expect(lineOf(rendered, line)).to.equal(`\t## start server ${server.host}`);
    }
  });

  it('find the host of any line that nginx names', async () => {
    const rendered = await render(objects);
    const wanted = rendered.text.split('\n').findIndex((line) => line.includes('/p1/')) + 1;
    const owner = linesOf(rendered.generation).findLast(({ line }) => line <= wanted);
    expect(owner?.server.host).to.equal('b.example.com');
  });

  it("say whose a line is, and that what stands behind all servers is nobody's", async () => {
    const { generation, text } = await render(objects);
    const lines = text.split('\n');
    const at = (pattern: string) => lines.findIndex((line) => line.includes(pattern)) + 1;
    const hostAt = (line: number) => serverAt(generation, line)?.server.host ?? null;
    expect(hostAt(at('/p1/'))).to.equal('b.example.com');
    expect(hostAt(at('## end server b.example.com'))).to.equal('b.example.com');
    expect(hostAt(1)).to.equal(null);
    expect(hostAt(lines.length - 1)).to.equal(null);
  });

  it('have a checksum of digits, in the first line and in what workers answer with', async () => {
    const { generation, text } = await render(objects);
    expect(generation.checksum).to.match(/^\d{1,20}$/);
    expect(text.split('\n')[0]).to.equal(`# Configuration checksum: ${generation.checksum}`);
    expect(text).to.include(`return 200 "${generation.checksum} $pid\\n";`);
  });

  it('have equal checksums exactly for equal content', async () => {
    const base = await render(objects);
    const equal = [
      await render(objects),
      await render(objects.toReversed()),
      // Endpoints are no part of the file.
      await render([...objects, slice({ name: 'web-2', addresses: ['10.0.0.9'] })]),
    ];
    const different = [
      await render([...objects, ingress({ name: 'more', host: 'more.example.com' })]),
      await render([...objects, configMap({ 'keep-alive': '5' })]),
      await render(objects, { environment: environment({ features: nginx122 }) }),
      await render(objects, { environment: environment({ healthPath: '/other' }) }),
    ];
    for (const { generation } of equal) expect(generation.checksum).to.equal(base.generation.checksum);
    for (const { generation } of different)
      expect(generation.checksum).to.not.equal(base.generation.checksum);
  });

  it('keep the checksum when a change is taken back', async () => {
    const stores = createStores(() => undefined);
    for (const object of objects) stores.put(object);
    const living = pipeline();
    const before = await living.run(stores.snapshot());
    stores.put(configMap({ 'use-http2': 'false' }));
    const between = await living.run(stores.snapshot());
    stores.remove('ConfigMap', 'ingress-nginx/ingress-nginx-controller');
    const after = await living.run(stores.snapshot());
    expect(between.generation.checksum).to.not.equal(before.generation.checksum);
    expect(after.generation.checksum).to.equal(before.generation.checksum);
  });

  for (const [features, line] of [
    [nginx122, 'listen 443 ssl http2;'],
    [nginx126, 'http2 on;'],
  ] as const)
    it(`show a changed setting in servers that did not change themselves, with nginx ${features.version}`, async () => {
      const stores = createStores(() => undefined);
      for (const object of objects) stores.put(object);
      const living = pipeline({ environment: environment({ features }) });
      expect((await living.run(stores.snapshot())).text).to.include(line);
      stores.put(configMap({ 'use-http2': 'false' }));
      expect((await living.run(stores.snapshot())).text).to.not.match(/http2 on|http2;/);
    });

  it('let other work go on while thousands of servers are rendered', async () => {
    const many = Array.from({ length: 1000 }, (_, index) =>
      ingress({ name: `n${index}`, host: `h${index}.example.com` }),
    );
    let turns = 0;
    const count = () => {
      turns++;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    const { generation } = await render([ingressClass(), ...many]);
    clearImmediate(timer);
    expect(generation.servers).to.have.length(1001);
    expect(turns).to.be.at.least(4);
  });

  it('have the servers that the marks of scripts promise', async () => {
    const { text } = await render(objects);
    const marks = [...text.matchAll(/^\t## (start|end) server (.*)$/gm)].map(
      ([, kind, host]) => `${kind} ${host}`,
    );
    const order = ['*.example.com', '_', 'a.example.com', 'b.example.com'];
    expect(marks).to.deep.equal(order.flatMap((host) => [`start ${host}`, `end ${host}`]));
  });
});
