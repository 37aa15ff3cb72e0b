import { expect } from 'chai';
import type { Graph } from '../graph/graph.ts';
import type { Literal } from '../text/safe.ts';
import { divideStreams } from './stream.ts';

type Service = Graph['streams']['services'][number];

function stream(endpoints: readonly string[], more: Partial<Service> = {}, service = 'db'): Service {
  const literal = (text: string) => text as Literal;
  const backend = {
    namespace: literal('default'),
    service: literal(service),
    port: literal('sql'),
    key: `default/${service}/sql`,
  };
  const common = { protocol: 'tcp', port: 5432, decode: false, encode: false } as const;
  return { ...common, name: literal('tcp-default-db-sql'), backend, endpoints, ...more };
}

describe('TCP and UDP services of the model', () => {
  for (const [what, service, name, addresses] of [
    ['one endpoint', stream(['10.0.0.1:5001']), '5001.tcp-5432.db.default.endpoints.tidegate', ['10.0.0.1']],
    [
      'several',
      stream(['10.0.0.1:5001', '10.0.0.2:5001']),
      '5001.tcp-5432.db.default.endpoints.tidegate',
      ['10.0.0.1', '10.0.0.2'],
    ],
    [
      'both families',
      stream(['10.0.0.1:53', '[2001:db8::1]:53', '[::1]:53'], { protocol: 'udp', port: 53 }),
      '53.udp-53.db.default.endpoints.tidegate',
      ['10.0.0.1', '2001:db8::1', '::1'],
    ],
    [
      'a name of several labels',
      stream(['10.0.0.1:1'], {}, 'db.old'),
      '1.tcp-5432.db.old.default.endpoints.tidegate',
      ['10.0.0.1'],
    ],
  ] as const) {
    it(`have a name for ${what}`, () => {
      const { servers, names } = divideStreams([service]);
      const port = Number(name.split('.')[0]);
      expect(servers).to.deep.equal([
        {
          protocol: service.protocol,
          port: service.port,
          name: service.name,
          upstream: { kind: 'name', name, port },
          decode: false,
          encode: false,
        },
      ]);
      expect([...names]).to.deep.equal([[name, addresses]]);
    });
  }

  for (const [what, service] of [
    ['of several ports', stream(['10.0.0.1:5001', '10.0.0.1:5002'])],
    ['whose Service has a name that is too long for a label', stream(['10.0.0.1:1'], {}, 'a'.repeat(64))],
    ['whose Service has a name that is too long', stream(['10.0.0.1:1'], {}, 'ab.'.repeat(75) + 'ab')],
    ['whose Service has a name with an empty label', stream(['10.0.0.1:1'], {}, 'a..b')],
    ['with a zone', stream(['10.0.0.1:1', '[fe80::1%eth0]:1'])],
  ] as const) {
    it(`stand in the file where there are endpoints ${what}`, () => {
      const { servers, names } = divideStreams([service]);
      const [server] = servers;
      expect(server?.upstream).to.deep.equal({ kind: 'places', places: service.endpoints });
      expect(names.size).to.equal(0);
    });
  }

  it('have names of their own for each entry', () => {
    const places = ['10.0.0.1:5001'];
    const all = [
      stream(places),
      stream(places, { port: 5433 }),
      stream(places, { protocol: 'udp' }),
      stream(places, {}, 'other'),
      stream(['10.0.0.1:5002']),
    ];
    expect(divideStreams(all).names.size).to.equal(all.length);
  });
});
