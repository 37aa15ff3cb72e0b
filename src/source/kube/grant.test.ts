import { expect } from 'chai';
import { missingGrant } from './grant.ts';

describe('missing grant', () => {
  const apis = '/apis/networking.k8s.io/v1';
  const table: readonly (readonly [Parameters<typeof missingGrant>[0], string, string])[] = [
    [{ path: '/api/v1/secrets' }, '"list" on the resource "secrets" (apiGroup "")', 'by a ClusterRole that'],
    [
      { path: '/api/v1/secrets', query: { watch: 'true' } },
      '"watch" on the resource "secrets" (apiGroup "")',
      'by a ClusterRole that',
    ],
    [
      { path: '/api/v1/namespaces/a/pods/b' },
      '"get" on the resource "pods" (apiGroup "")',
      'by a Role in namespace a, or a ClusterRole, that',
    ],
    [
      { path: '/api/v1/namespaces/a' },
      '"get" on the resource "namespaces" (apiGroup "")',
      'by a Role in namespace a, or',
    ],
    [
      { path: '/api/v1/namespaces' },
      '"list" on the resource "namespaces" (apiGroup "")',
      'by a ClusterRole that',
    ],
    [
      { method: 'PUT', path: `${apis}/namespaces/a/ingresses/b/status` },
      '"update" on the resource "ingresses/status" (apiGroup "networking.k8s.io")',
      'by a Role in namespace a, or',
    ],
    [
      { method: 'POST', path: '/apis/coordination.k8s.io/v1/namespaces/a/leases' },
      '"create" on the resource "leases" (apiGroup "coordination.k8s.io")',
      'by a Role in namespace a, or',
    ],
  ];
  for (const [asked, what, where] of table) {
    it(`is ${what} for ${asked.method ?? 'GET'} ${asked.path}`, () => {
      const sentence = missingGrant(asked);
      expect(sentence).to.include(`grant the verb ${what}`);
      expect(sentence).to.include(where);
    });
  }

  it('is nothing outside of the resources', () => {
    expect(missingGrant({ path: '/version' })).to.equal('');
    expect(missingGrant({ path: '/api/v1' })).to.equal('');
  });
});
