import { expect } from 'chai';
import type { KubeObject } from '../source/objects.ts';
import { configMap, ingress, secret } from '../testing/builders/objects.ts';
import { CONFIG_MAP, graphOptions } from '../testing/builders/pipeline.ts';
import { keyOf } from '../lib/keys.ts';
import { createQuarantine, inputsOf } from './quarantine.ts';
import type { Blame, Inputs } from './quarantine.ts';
import type { Snapshot } from './snapshot.ts';
import { createStores } from './stores.ts';

const settings = (data: Readonly<Record<string, string>>, version = '1') => configMap(data, { version });
const authority = (text: string) => secret({ name: 'ca', data: { 'ca.crt': text } });
const CA = 'default/ca';

function stage(...objects: readonly KubeObject[]) {
  const stores = createStores(() => undefined);
  for (const object of objects) stores.put(object);
  const quarantine = createQuarantine({
    annotationsPrefix: graphOptions.annotationsPrefix,
    configMap: CONFIG_MAP,
    now: () => Date.UTC(2026, 0, 1),
  });
  const look = (): { readonly view: Snapshot; readonly inputs: Inputs } => {
    const snapshot = stores.snapshot();
    const view = quarantine.view(snapshot);
    return { view, inputs: inputsOf({ snapshot, view }, CONFIG_MAP, [CA]) };
  };
  const names = () => look().view.ingresses.map(describe);
  const describe = ({ metadata, confined }: Snapshot['ingresses'][number]) =>
    `${metadata.name}@${metadata.resourceVersion}${confined === true ? ' confined' : ''}`;
  const refuse = (inputs: Inputs, blames: readonly Blame[]) => {
    const keys = inputs.ingresses.map(({ metadata }) => keyOf(metadata));
    return quarantine.refused({ inputs, blames, effective: new Set(keys) });
  };
  const list = () => quarantine.list().map(({ item, standIn }) => `${item.kind} ${item.key} ${standIn}`);
  return { stores, quarantine, look, names, list, refuse };
}

const blame = (more: Partial<Blame> = {}): Blame => ({
  message: 'bad',
  ingresses: [],
  place: 'unknown',
  ...more,
});
const owner = (...keys: readonly string[]) => blame({ place: 'server', ingresses: keys });
const [one, two, three] = ['one', 'two', 'three'].map((each) =>
  ingress({ name: each, host: `${each}.test` }),
);
const all = [one, two, three].flatMap((object) => object ?? []);
const other = ingress({ name: 'two', host: 'two.test', version: '2', paths: ['/other'] });

describe('quarantine', () => {
  it('is not there as long as nothing is refused', () => {
    const { stores, quarantine } = stage(...all);
    const snapshot = stores.snapshot();
    expect(quarantine.view(snapshot)).to.equal(snapshot);
    expect(quarantine.list()).to.deep.equal([]);
  });

  it('confines what never served, and leaves it out when that is refused as well', () => {
    const { look, names, list, refuse } = stage(...all);
    for (const expected of [
      ['two@1', 'three@1', 'one@1'],
      ['two@1 confined', 'three@1', 'one@1'],
    ]) {
      expect(names()).to.deep.equal(expected);
      expect(refuse(look().inputs, [owner('default/two')])).to.equal('acted');
    }
    expect(names()).to.deep.equal(['three@1', 'one@1']);
    expect(list()).to.deep.equal(['Ingress default/two left-out']);
  });

  it('does not accuse others when an object that is held back must not even answer 503', () => {
    const { stores, quarantine, look, names, list, refuse } = stage();
    const worst = 'default/two';
    const serves = () => !names().some((name) => name.startsWith('two@'));
    for (const object of all) stores.put(object);
    for (let tries = 0; tries < 12; tries++) {
      const { inputs } = look();
      if (!serves()) refuse(inputs, [blame()]);
      else if (!quarantine.proven(inputs)) break;
    }
    expect(names()).to.deep.equal(['three@1', 'one@1']);
    expect(list()).to.deep.equal([`Ingress ${worst} left-out`]);
  });

  it('keeps what served, until the object changes or goes', () => {
    for (const leave of ['change', 'remove'] as const) {
      const { stores, quarantine, look, names, list, refuse } = stage(...all);
      quarantine.proven(look().inputs);
      stores.put(other);
      refuse(look().inputs, [owner('default/two')]);
      expect(names()).to.deep.equal(['two@1', 'three@1', 'one@1']);
      expect(list()).to.deep.equal(['Ingress default/two last-good']);
      if (leave === 'change')
        stores.put(ingress({ name: 'two', host: 'two.test', version: '3', paths: ['/x'] }));
      else stores.remove('Ingress', 'default/two');
      expect(names()).to.deep.equal([...(leave === 'change' ? ['two@3'] : []), 'three@1', 'one@1']);
      expect(list()).to.deep.equal([]);
    }
  });

  it('does nothing more for a file that was made before', () => {
    const { look, names, refuse } = stage(...all);
    const { inputs } = look();
    for (let time = 0; time < 2; time++) expect(refuse(inputs, [owner('default/two')])).to.equal('acted');
    expect(names()).to.deep.equal(['two@1 confined', 'three@1', 'one@1']);
  });

  it('takes all that are named at once', () => {
    const { look, list, refuse } = stage(...all);
    refuse(look().inputs, [owner('default/one'), owner('default/three'), owner('default/one')]);
    expect(list()).to.deep.equal(['Ingress default/one confined', 'Ingress default/three confined']);
  });

  it('does not accuse an object that served as it is: what it refers to has changed', () => {
    const { stores, quarantine, look, names, list, refuse } = stage(...all, authority('good'));
    quarantine.proven(look().inputs);
    stores.put(secret({ name: 'ca', version: '2', data: { 'ca.crt': 'bad' } }));
    refuse(look().inputs, [owner('default/two')]);
    expect(list()).to.deep.equal(['Secret default/ca last-good']);
    expect(look().view.secrets.get(CA)?.data).to.deep.equal(authority('good').data);
    expect(names()).to.deep.equal(['two@1', 'three@1', 'one@1']);
    stores.put(secret({ name: 'ca', version: '3', data: { 'ca.crt': 'better' } }));
    expect(look().view.secrets.get(CA)?.data).to.deep.equal(authority('better').data);
  });

  it('is helpless when nothing has changed and nobody is named', () => {
    const { quarantine, look, list, refuse } = stage(...all);
    quarantine.proven(look().inputs);
    for (const one of [owner('default/gone'), blame({ place: 'frame' }), blame()])
      expect(refuse(look().inputs, [one])).to.equal('helpless');
    expect(list()).to.deep.equal([]);
  });

  it('accuses an object that is as it was when others have let it in', () => {
    const { quarantine, look, list, refuse } = stage(...all);
    quarantine.proven(look().inputs);
    expect(refuse(look().inputs, [owner('default/two')])).to.equal('acted');
    expect(list()).to.deep.equal(['Ingress default/two confined']);
  });

  it('accuses nobody of whom nothing is in the file', () => {
    const { stores, quarantine, look, list } = stage(...all);
    quarantine.proven(look().inputs);
    for (const name of ['four', 'five']) stores.put(ingress({ name, host: `${name}.test` }));
    const effective = new Set(['default/five']);
    expect(quarantine.refused({ inputs: look().inputs, blames: [blame()], effective })).to.equal('acted');
    expect(list()).to.deep.equal(['Ingress default/five confined']);
  });

  it('accuses nobody again for a file that was made before the last halving', () => {
    const { stores, quarantine, look, names, refuse } = stage(...all);
    quarantine.proven(look().inputs);
    for (const name of ['four', 'five', 'six', 'seven']) stores.put(ingress({ name, host: `${name}.test` }));
    const { inputs } = look();
    expect(refuse(inputs, [blame()])).to.equal('acted');
    const held = names();
    for (let time = 0; time < 3; time++) expect(refuse(inputs, [blame()])).to.equal('acted');
    expect(names()).to.deep.equal(held);
  });

  it('brings back a key of the ConfigMap that others relied on', () => {
    const { stores, quarantine, look, list, refuse } = stage(...all, settings({ a: '1', b: '1' }));
    quarantine.proven(look().inputs);
    stores.put(settings({ a: '1' }, '2'));
    expect(refuse(look().inputs, [blame()])).to.equal('acted');
    expect(list()).to.deep.equal(['setting b last-good']);
    expect(look().view.configMaps.get(CONFIG_MAP)?.data).to.deep.equal({ a: '1', b: '1' });
  });

  it('comes to an end with a key that was removed and is no help when it is back', () => {
    const { stores, quarantine, look, refuse } = stage(...all, settings({ a: '1', b: '1' }));
    quarantine.proven(look().inputs);
    stores.put(settings({ a: '1' }, '2'));
    const outcomes = Array.from({ length: 4 }, () => refuse(look().inputs, [blame()]));
    expect(outcomes).to.deep.equal(['acted', 'acted', 'acted', 'helpless']);
  });

  it('does not bring back an object that was deleted, under the name of another', () => {
    const { stores, quarantine, look, list, refuse } = stage(...all);
    quarantine.proven(look().inputs);
    const { metadata, ...rest } = other;
    stores.put({ ...rest, metadata: { ...metadata, uid: 'another' } });
    expect(refuse(look().inputs, [owner('default/two')])).to.equal('acted');
    expect(list()).to.deep.equal(['Ingress default/two confined']);
  });

  it('holds no setting back at a start while an Ingress may be at fault', () => {
    const { look, refuse } = stage(...all, settings({ a: '1' }));
    refuse(look().inputs, [blame()]);
    expect(look().view.configMaps.get(CONFIG_MAP)?.data).to.deep.equal({ a: '1' });
  });

  it('tries an object again when the ConfigMap or a Secret that it names changes, not for those of others', () => {
    const asking = ingress({
      name: 'two',
      host: 'two.test',
      annotations: { 'auth-tls-secret': 'default/ca' },
    });
    for (const [object, change, isFree] of [
      [asking, settings({ 'server-tokens': 'true' }), true],
      [asking, authority('new'), true],
      [two, authority('new'), false],
    ] as const) {
      if (object === undefined) throw new Error('no object');
      const { stores, look, names, refuse } = stage(object);
      refuse(look().inputs, [owner('default/two')]);
      expect(names()).to.deep.equal(['two@1 confined']);
      stores.put(change);
      expect(names()).to.deep.equal([isFree ? 'two@1' : 'two@1 confined']);
    }
  });

  it('finds the key of the ConfigMap, which goes back to what it was, or to its default', () => {
    for (const [before, standIn] of [
      [{ a: '1', b: '1' }, 'last-good'],
      [{ a: '1' }, 'confined'],
    ] as const) {
      const { stores, quarantine, look, list, refuse } = stage(...all, settings(before));
      quarantine.proven(look().inputs);
      stores.put(settings({ a: '2', b: '2', c: '2' }, '2'));
      const isBad = () => look().inputs.configMap?.data?.['b'] === '2';
      for (let step = 0; step < 10 && (isBad() || quarantine.searching()); step++) {
        if (isBad()) refuse(look().inputs, [blame({ place: 'frame' })]);
        else quarantine.proven(look().inputs);
      }
      expect(list()).to.deep.equal([`setting b ${standIn}`]);
      expect(look().view.configMaps.get(CONFIG_MAP)?.data).to.deep.equal(
        standIn === 'last-good' ? { a: '2', b: '1', c: '2' } : { a: '2', c: '2' },
      );
      expect(quarantine.list()[0]?.object).to.have.property('kind', 'ConfigMap');
    }
  });

  it('keeps its list by identity when that serves again', () => {
    const { quarantine, look, refuse } = stage(...all);
    refuse(look().inputs, [owner('default/two')]);
    quarantine.proven(look().inputs);
    const { inputs, view } = look();
    for (let time = 0; time < 2; time++) {
      quarantine.proven(inputs);
      expect(look().view.ingresses).to.equal(view.ingresses);
    }
  });

  it('keeps lists and maps by identity while it stays the same', () => {
    const { stores, look, refuse } = stage(...all, settings({ a: 'bad' }), authority('x'));
    refuse(look().inputs, [owner('default/two')]);
    refuse(look().inputs, [blame({ place: 'frame' })]);
    const before = look().view;
    stores.put(ingress({ name: 'four', host: 'four.test' }));
    const after = look().view;
    expect(after.configMaps).to.equal(before.configMaps);
    expect(after.secrets).to.equal(before.secrets);
    for (const object of before.ingresses) expect(after.ingresses).to.include(object);
  });
});
