import { expect } from 'chai';
import { createRelevance } from './relevance.ts';

function recording() {
  const passed: string[] = [];
  return { passed, relevance: createRelevance((key) => passed.push(key)) };
}

const slice = 'EndpointSlice default/web-1';
const web = new Set(['default/web']);

describe('relevance of changes', () => {
  it('lets everything pass until the first sync has said which Services count', () => {
    const { passed, relevance } = recording();
    relevance.changed('Ingress default/a');
    relevance.changed(slice, 'default/web');
    expect(passed).to.deep.equal(['Ingress default/a', slice]);
  });

  it('lets pass what belongs to a Service that counts, and everything that belongs to none', () => {
    const { passed, relevance } = recording();
    relevance.begin();
    relevance.end(web);
    relevance.changed(slice, 'default/web');
    relevance.changed('EndpointSlice default/other-1', 'default/other');
    relevance.changed('Service default/other', 'default/other');
    relevance.changed('Secret default/tls');
    expect(passed).to.deep.equal([slice, 'Secret default/tls']);
  });

  it('judges what comes during a sync by what that sync finds', () => {
    const { passed, relevance } = recording();
    relevance.begin();
    relevance.end(new Set());
    relevance.begin();
    relevance.changed(slice, 'default/web');
    relevance.changed('EndpointSlice default/other-1', 'default/other');
    expect(passed).to.deep.equal([]);
    relevance.end(web);
    expect(passed).to.deep.equal([slice]);
  });

  it('never lets pass what only statuses depend on', () => {
    const { passed, relevance } = recording();
    for (const kind of ['Pod', 'Node', 'IngressStatus']) relevance.changed(`${kind} default/x`);
    expect(passed).to.deep.equal([]);
  });
});
