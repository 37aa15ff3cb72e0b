import { expect } from 'chai';
import { environment } from '../testing/builders/environment.ts';
import { ingress, service } from '../testing/builders/objects.ts';
import { evaluate } from '../testing/builders/pipeline.ts';
import { templates } from '../testing/builders/render.ts';
import { UnrenderableServer } from './blame.ts';
import { createRenderer } from './files.ts';
import { configOf } from './generation.ts';
import type { Templates } from './templates.ts';

/** Templates with a fault that one path brings to light. */
const faulty: Templates = {
  ...templates,
  server: (view) => templates.server(view).replaceAll('location "/evil/"', 'alias /etc/; location "/evil/"'),
};

const evil = ingress({ name: 'evil', namespace: 'tenant', host: 'a.example.com', paths: ['/evil', '/more'] });
const { model } = evaluate([
  service(),
  ingress({ name: 'good', host: 'a.example.com', paths: ['/', '/good'] }),
  evil,
  ingress({ name: 'other', host: 'b.example.com' }),
]);

describe('a server that cannot be rendered', () => {
  it('is named, and the Ingress at fault', async () => {
    const failure: unknown = await createRenderer(faulty, environment())
      .render(model)
      .catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(UnrenderableServer);
    expect(failure)
      .to.include({ host: 'a.example.com' })
      .and.deep.include({ ingresses: ['tenant/evil'] });
    expect(failure).to.have.property('message').that.includes('directive "alias" is not expected');
  });

  it('is named alone when nobody in particular is at fault', async () => {
    const broken: Templates = { ...templates, server: (view) => `${templates.server(view)}include x;` };
    const failure: unknown = await createRenderer(broken, environment())
      .render({ ...model, servers: model.servers.map((server) => ({ ...server, locations: [] })) })
      .catch((error: unknown) => error);
    expect(failure).to.include({ host: '_' }).and.deep.include({ ingresses: [] });
  });

  it('does not spoil what is rendered after it', async () => {
    const renderer = createRenderer(faulty, environment());
    await renderer.render(model).catch(() => undefined);
    const servers = model.servers.filter(({ host }) => host !== 'a.example.com');
    const after = await renderer.render({ ...model, servers });
    const fresh = await createRenderer(templates, environment()).render({ ...model, servers });
    expect(configOf(after).equals(configOf(fresh))).to.equal(true);
  });
});
