import { expect } from 'chai';
import { createStores } from '../cluster/stores.ts';
import type { KubeObject } from '../source/objects.ts';
import { configMap, ingress, ingressClass, service } from '../testing/builders/objects.ts';
import { pipeline } from '../testing/builders/render.ts';
import { changesSince, configOf, lineInWhole, linesOf, serverAt, sizeOf } from './generation.ts';

const site = (host: string, path = '/') =>
  ingress({ name: host.slice(0, 1), host: `${host}.example.com`, paths: [path] });
const base: readonly KubeObject[] = [ingressClass(), service(), site('a'), site('b'), site('c')];

/** The generation of `base`, and the one after a change, as one program makes them. */
async function twoOf(change: { readonly put?: readonly KubeObject[]; readonly remove?: string }) {
  const stores = createStores(() => undefined);
  for (const object of base) stores.put(object);
  const living = pipeline();
  const { generation: before } = await living.run(stores.snapshot());
  for (const object of change.put ?? []) stores.put(object);
  if (change.remove !== undefined) stores.remove('Ingress', change.remove);
  const { generation: after } = await living.run(stores.snapshot());
  return { before, after, part: changesSince(before, after) };
}

const hostsOf = (part: ReturnType<typeof changesSince>) =>
  part === null ? 'all' : part.servers.map(({ server }) => server.host as string);

describe('parts of a generation', () => {
  for (const [name, change, expected] of [
    ['nothing but the default server without a change', {}, ['_']],
    [
      'a changed path',
      { put: [{ ...site('b', '/x'), metadata: { ...site('b').metadata, resourceVersion: '2' } }] },
      ['_', 'b.example.com'],
    ],
    ['a new host', { put: [site('d')] }, ['_', 'd.example.com']],
    ['a host that has gone', { remove: 'default/b' }, ['_']],
    ['a changed setting', { put: [configMap({ 'keep-alive': '5' })] }, 'all'],
  ] as const) {
    it(`that the one before does not prove: ${name}`, async () => {
      expect(hostsOf((await twoOf(change)).part)).to.deep.equal(expected);
    });
  }

  it('are whole again with all servers', async () => {
    const { before, after } = await twoOf({ put: [site('d')] });
    const text = configOf(after).toString();
    expect(text.startsWith(`# Configuration checksum: ${after.checksum}\n${after.head.toString()}`)).to.equal(
      true,
    );
    expect(text.endsWith(after.tail.toString())).to.equal(true);
    expect(Buffer.byteLength(text) - sizeOf(after)).to.equal(text.indexOf('\n') + 1);
    expect(sizeOf(after)).to.be.above(sizeOf(before));
  });

  it('have lines that lead to the same text in the whole', async () => {
    const { after, part } = await twoOf({ put: [site('d')] });
    if (part === null) throw new Error('all of it');
    const [inPart, inWhole] = [part, after].map((one) => configOf(one).toString().split('\n'));
    for (const [index, line] of (inPart ?? []).entries()) {
      expect(inWhole?.[lineInWhole(part, after, index + 1) - 1], `line ${index + 1}`).to.equal(line);
    }
    const last = linesOf(after).at(-1);
    expect(serverAt(after, (last?.line ?? 0) + 2)?.server.host).to.equal('d.example.com');
  });
});
