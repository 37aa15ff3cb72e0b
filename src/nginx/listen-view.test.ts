import { expect } from 'chai';
import { readSettings } from '../config/settings/read.ts';
import { boundTo } from './listen-view.ts';

describe('addresses that nginx listens on', () => {
  const rows: readonly (readonly [
    data: Readonly<Record<string, string>>,
    machine: 'with IPv6' | 'without IPv6',
    wanted: readonly (string | number)[],
  ])[] = [
    [{}, 'with IPv6', [80, '[::]:80']],
    [{}, 'without IPv6', [80]],
    [{ 'disable-ipv6': 'true' }, 'with IPv6', [80]],
    [{ 'bind-address': '192.0.2.1,::1' }, 'with IPv6', ['192.0.2.1:80', '[::1]:80']],
    [{ 'bind-address': '192.0.2.1,::1' }, 'without IPv6', ['192.0.2.1:80']],
    [{ 'bind-address': '192.0.2.1' }, 'with IPv6', ['192.0.2.1:80', '[::]:80']],
    [{ 'bind-address': '192.0.2.1', 'bind-address-ipv4': '192.0.2.2' }, 'without IPv6', ['192.0.2.2:80']],
    [{ 'bind-address-ipv6': '::1,[::1],0:0::1' }, 'with IPv6', [80, '[::1]:80']],
    [{ 'bind-address': '192.0.2.1,192.0.2.1' }, 'without IPv6', ['192.0.2.1:80']],
  ];
  for (const [data, machine, wanted] of rows)
    it(`${JSON.stringify(data)}, ${machine}`, () => {
      const { settings } = readSettings(data);
      expect(boundTo(80, settings, { ipv6: machine === 'with IPv6' })).to.deep.equal(wanted);
    });
});
