import { expect } from 'chai';
import { decodeReview, encodeReview } from './review.ts';

const request = {
  uid: '11111111-2222-3333-4444-555555555555',
  kind: { group: 'networking.k8s.io', version: 'v1', kind: 'Ingress' },
  operation: 'CREATE',
  object: { metadata: { name: 'web' } },
};
const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };

function nested(depth: number): unknown {
  let value: unknown = {};
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

const withKind = (kind: unknown) => ({ ...review, request: { ...request, kind } });

describe('admission review', () => {
  for (const [name, body, status] of [
    ['nothing', '', 400],
    ['no JSON', '{"kind":', 400],
    ['a list', '[]', 400],
    ['deep nesting', `{"kind":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 400],
    ['deep nesting in its object', { ...review, request: { ...request, object: nested(250) } }, 400],
    ['null', 'null', 400],
    ['a text', '"x"', 400],
    ['the beta version', { ...review, apiVersion: 'admission.k8s.io/v1beta1' }, 400],
    ['no version', { kind: 'AdmissionReview', request }, 400],
    ['another object', { apiVersion: 'v1', kind: 'Pod' }, 500],
    ['no kind', { apiVersion: 'admission.k8s.io/v1', request }, 500],
    ['no request', { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' }, 500],
    ['a request that is a list', { ...review, request: [] }, 500],
    ['no kind of its object', withKind(undefined), 500],
    ['another kind', withKind({ group: '', version: 'v1', kind: 'Service' }), 500],
    ['another group', withKind({ group: 'extensions', version: 'v1', kind: 'Ingress' }), 500],
    ['another version', withKind({ group: 'networking.k8s.io', version: 'v1beta1', kind: 'Ingress' }), 500],
    ['a kind that is a text', withKind('Ingress'), 500],
  ] as const) {
    it(`with ${name} is answered with ${status}`, () => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      expect(decodeReview(text)).to.deep.equal({ kind: 'status', status });
    });
  }

  it('of an Ingress is taken, whatever the operation', () => {
    for (const operation of ['CREATE', 'UPDATE', 'CONNECT', undefined]) {
      const body = { ...review, request: { ...request, operation } };
      const decoded = decodeReview(JSON.stringify(body));
      expect(decoded).to.deep.include({ kind: 'ingress' });
      if (decoded.kind !== 'ingress') continue;
      expect(decoded.review.uid).to.equal(request.uid);
      expect(decoded.review.object).to.deep.equal(request.object);
    }
  });

  it('may hold brackets in its texts', () => {
    const object = { metadata: { annotations: { note: `${'[{"\\'.repeat(500)}` } } };
    const decoded = decodeReview(JSON.stringify({ ...review, request: { ...request, object } }));
    expect(decoded.kind === 'ingress' && decoded.review.object).to.deep.equal(object);
  });

  it('without an object, as for a deletion, has none', () => {
    const decoded = decodeReview(JSON.stringify({ ...review, request: { ...request, object: null } }));
    expect(decoded.kind === 'ingress' && decoded.review.object).to.equal(null);
  });

  const decoded = { body: review, uid: request.uid, object: request.object };

  it('is answered with itself and that it is allowed', () => {
    const text = encodeReview(decoded, { allowed: true, message: '', warnings: [] });
    expect(JSON.parse(text)).to.deep.equal({ ...review, response: { uid: request.uid, allowed: true } });
    expect(text).to.include('\n  "response"');
  });

  it('is answered with the reason when it is refused, and with warnings', () => {
    const answer: unknown = JSON.parse(
      encodeReview(decoded, { allowed: false, message: 'no', warnings: ['w'] }),
    );
    expect(answer).to.have.deep.property('response', {
      uid: request.uid,
      allowed: false,
      status: { status: 'Failure', message: 'no', reason: 'BadRequest', code: 400 },
      warnings: ['w'],
    });
  });

  it('cannot bring its own response', () => {
    const body = { ...review, response: { allowed: true, patch: 'x' } };
    const answer: unknown = JSON.parse(
      encodeReview({ ...decoded, body }, { allowed: false, message: 'no', warnings: [] }),
    );
    expect(answer).to.have.nested.property('response.allowed', false);
    expect(answer).to.not.have.nested.property('response.patch');
  });
});
