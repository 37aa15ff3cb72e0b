import { expect } from 'chai';
import type { FakeApi } from '../fake-api/server.ts';
import type { FakeObject } from '../fake-api/store.ts';
import { apply } from '../harness/cluster.ts';
import { eventually } from '../harness/poll.ts';
import { useStage } from '../harness/stage.ts';
import { siteObjects } from './site.ts';

const POD = { name: 'controller', namespace: 'ingress-nginx' };

type EventLike = FakeObject & {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly involvedObject: { readonly kind: string; readonly name: string };
};

const configMap = (data: Readonly<Record<string, string>>) =>
  ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'ingress-nginx' },
    data,
  }) as FakeObject;

describe('the ConfigMap of the controller', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web', { address: stage.address() });
    const api = await stage.api();
    const pod = { kind: 'Pod', metadata: { ...POD, labels: { app: 'tidegate' } } } as FakeObject;
    apply(api, pod, configMap({ 'proxy-body-size': 'much' }), ...siteObjects(web));
    const program = await stage.start({
      api,
      env: { POD_NAME: POD.name, POD_NAMESPACE: POD.namespace },
      flags: ['--sync-rate-limit=20', '--configmap=ingress-nginx/settings'],
    });
    return { api, program };
  });

  const told = (api: FakeApi) =>
    (api.list('Event') as readonly EventLike[])
      .filter(({ reason }) => reason === 'ConfigMapInvalid')
      .map(({ type, message, involvedObject: { kind, name } }) => `${type} ${kind}/${name} ${message}`);

  it('has an Event for each value that cannot be used, from the start on', async () => {
    const { api } = the();
    await eventually(() => {
      const [first, ...more] = told(api);
      expect(first).to.match(
        /^Warning ConfigMap\/settings data\["proxy-body-size"\]: .*; the default "1m" is used$/,
      );
      expect(more).to.deep.equal([]);
    });
  });

  it('has one for each key that nobody knows, with the name that was meant', async () => {
    const { api, program } = the();
    apply(api, configMap({ 'proxy-bodysize': '8m' }));
    const message =
      'Warning ConfigMap/settings data["proxy-bodysize"]: is no key that there is; did you mean proxy-body-size?';
    await eventually(() => expect(told(api)).to.include(message));
    await program.logged(/ConfigMap value cannot be used.*did you mean proxy-body-size/);
  });
});
