/** Keys of the ConfigMap about limits, the status page, memory for Lua and reloads. */
import { expect } from 'chai';
import { configMap, ingress, ingressClass } from '../harness/objects.ts';
import { eventually, steadily } from '../harness/poll.ts';
import { site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import { openWebsockets } from '../harness/websockets.ts';

const settings = {
  'limit-conn-zone-variable': '$http_x_user',
  'limit-req-status-code': '429',
  'nginx-status-ipv4-whitelist': '192.0.2.0/24, 127.0.0.1',
  'nginx-status-ipv6-whitelist': '',
  'lua-shared-dicts': 'counters: 1m, certificate_data: 10m',
  // What plugins would do.
  'server-snippet':
    'location = /count { content_by_lua_block { ngx.say((ngx.shared.counters:incr("n", 1, 0))) } }',
  'use-forwarded-headers': 'true',
  'enable-serial-reloads': 'true',
  'app-root': '/nowhere',
  'upstream-hash-by': '$request_uri',
  'global-external-auth': 'x',
};

describe('more keys of the ConfigMap', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    stage.write('class.yaml', ingressClass(), configMap('settings', settings));
    stage.write('web.yaml', ...site('web', { places: [web] }));
    stage.write(
      'limited.yaml',
      ...site('limited', { places: [web], with: { 'limit-rpm': 1, 'limit-burst-multiplier': 1 } }),
    );
    const flags = ['--configmap=default/settings', '--live-routes=false', '--sync-rate-limit=20'];
    return { program: await stage.start({ flags }) };
  });

  it('limits count by what is named, and not where it is empty', async () => {
    const { program } = the();
    const statuses = async (user: string) => {
      const headers = user === '' ? {} : { 'x-user': user };
      const all = [];
      for (let count = 0; count < 4; count++)
        all.push((await program.http('limited.test', '/', { headers })).status);
      return all;
    };
    expect(await statuses('ann')).to.include(429);
    expect((await statuses('ben'))[0]).to.equal(200);
    expect(await statuses('')).to.deep.equal([200, 200, 200, 200]);
  });

  it('the status is for those who are listed', async () => {
    const { program } = the();
    const status = async (address: string) =>
      (await program.http('nobody.test', '/nginx_status', { headers: { 'x-forwarded-for': address } }))
        .status;
    expect(await status('192.0.2.7')).to.equal(200);
    expect(await status('127.0.0.1')).to.equal(200);
    expect(await status('198.51.100.1')).to.equal(403);
    expect(await status('::1')).to.equal(403);
  });

  it('snippets have memory of their own, which outlives a reload', async () => {
    const { program, stage } = the();
    const count = async () => Number((await program.http('web.test', '/count')).text);
    const before = await count();
    await program.reloadAfter(() =>
      stage.write('other.yaml', ingress('other', { rules: { 'other.test': 'web' } })),
    );
    expect(await count()).to.equal(before + 1);
  });

  it('other sizes of memory lose no endpoint and no request', async () => {
    const { program, stage } = the();
    const sizes = {
      ...settings,
      'lua-shared-dicts': 'counters: 2m, configuration_data: 30m, certificate_data: 5m',
    };
    const statuses = new Set<number>();
    let isOver = false;
    const asking = (async () => {
      while (!isOver) statuses.add((await program.atOnce.http('web.test', '/')).status);
    })();
    await program.reloadAfter(() => stage.write('class.yaml', ingressClass(), configMap('settings', sizes)));
    await program.reloadAfter(() =>
      stage.write('class.yaml', ingressClass(), configMap('settings', settings)),
    );
    isOver = true;
    await asking;
    expect([...statuses]).to.deep.equal([200]);
  });

  it('keys that ingress-nginx reads nowhere change nothing', async () => {
    const { program } = the();
    const answer = await program.http('web.test', '/');
    expect([answer.status, answer.echo().backend]).to.deep.equal([200, 'web']);
  });

  it('a reload waits for the workers of the one before, and the connections that they hold', async () => {
    const { program, stage } = the();
    await eventually(async () =>
      expect(await program.metric('nginx_ingress_controller_draining_workers')).to.equal(0),
    );
    const { http, https } = program.ports;
    const [socket] = await openWebsockets({ http, https, host: 'web.test' }, 1);
    await program.reloadAfter(() =>
      stage.write('other.yaml', ingress('other', { rules: { 'first.test': 'web' } })),
    );
    const before = program.reloads();
    const from = program.logLines().length;
    stage.write('other.yaml', ingress('other', { rules: { 'second.test': 'web' } }));
    await program.logged(/Reload waits, since too many older generations/, { from });
    await steadily(() => expect(program.reloads()).to.equal(before), 500);
    socket?.close();
    await eventually(async () => expect((await program.http('second.test', '/')).status).to.equal(200));
  });
});
