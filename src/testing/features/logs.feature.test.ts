import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { configMap, ingress, ingressClass } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import type { Program } from '../harness/program.ts';
import { annotations, site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';

type Short = Parameters<typeof annotations>[0];

const DEAD = { address: '127.0.0.1', port: 1 };

async function startWith(
  stage: Stage,
  settings: Readonly<Record<string, string>>,
  more: Readonly<Record<string, Short>> = {},
): Promise<Program> {
  const web = await stage.backend('web');
  stage.write('class.yaml', ingressClass());
  stage.write('settings.yaml', configMap('settings', settings));
  stage.write('dead.yaml', ...site('dead', { places: [DEAD] }));
  for (const [name, short] of Object.entries({ logged: {}, ...more }))
    stage.write(`${name}.yaml`, ...site(name, { places: [web], with: short }));
  return stage.start({ flags: ['--configmap=default/settings', '--sync-rate-limit=20'] });
}

/** Lines that come for requests, and a last one behind them that is logged in any case. */
async function linesOf(program: Program, action: () => Promise<unknown>): Promise<readonly string[]> {
  const from = program.logLines().length;
  await action();
  await program.http('logged.test', '/last');
  await program.logged(/\/last/, { from });
  return program
    .logLines()
    .slice(from)
    .filter((line) => !line.includes('/last'));
}

const USUAL =
  /^127\.0\.0\.1 - - \[[^\]]+\] "GET \/x HTTP\/1\.1" 200 \d+ "-" "-" \d+ [0-9.]+ \[default-logged-80\] \[\] /;

describe('logs', () => {
  const the = useStage(async (stage) => {
    const program = await startWith(
      stage,
      {
        'log-format-upstream':
          '{"host":"$host","uri":"$request_uri","agent":"$http_user_agent","status":$status,"of":"${namespace}/$ingress_name"}',
        'log-format-escape-json': 'true',
        'skip-access-log-urls': '/healthz,~*^/STATIC/',
      },
      {
        quiet: { 'enable-access-log': 'false' },
        loud: { 'enable-access-log': 'true' },
        odd: { 'enable-access-log': 'maybe', 'enable-rewrite-log': 'maybe' },
      },
    );
    stage.write(
      'rewriting.yaml',
      ...['rewriting', 'silent'].map((name) =>
        ingress(name, {
          annotations: annotations({
            'rewrite-target': '/new',
            ...(name === 'rewriting' ? { 'enable-rewrite-log': 'true' } : {}),
          }),
          rules: { [`${name}.test`]: [{ path: '/old', type: 'ImplementationSpecific', to: 'logged' }] },
        }),
      ),
    );
    await eventually(async () => expect((await program.http('silent.test', '/old')).status).to.equal(200));
    await program.settled();
    return { program };
  });
  const get = (host: string, path = '/x', agent = 'me') =>
    the().program.http(`${host}.test`, path, { headers: { 'user-agent': agent } });

  for (const host of ['logged', 'loud', 'odd']) {
    it(`have a line for each request in the format of the ConfigMap: ${host}.test`, async () => {
      const lines = await linesOf(the().program, () => get(host, '/x?y=z', 'a "b" \\ c'));
      expect(lines.map((line) => JSON.parse(line) as unknown)).to.deep.equal([
        { host: `${host}.test`, uri: '/x?y=z', agent: 'a "b" \\ c', status: 200, of: `default/${host}` },
      ]);
    });
  }

  const none: readonly (readonly [what: string, host: string, path: string])[] = [
    ['with enable-access-log "false"', 'quiet', '/x'],
    ['that no host takes', 'nobody', '/x'],
    ['of skip-access-log-urls', 'logged', '/healthz'],
    ['of its expressions', 'logged', '/static/x.css'],
  ];
  for (const [what, host, path] of none) {
    it(`have none for requests ${what}`, async () => {
      expect(await linesOf(the().program, () => get(host, path))).to.deep.equal([]);
    });
  }

  it('have one where only the beginning is the same', async () => {
    expect(await linesOf(the().program, () => get('logged', '/healthz?x'))).to.have.length(1);
  });

  it('tell of rewrites where that is asked for', async () => {
    const lines = await linesOf(the().program, async () => {
      await get('rewriting', '/old');
      await get('silent', '/old');
    });
    const told = lines.filter((line) => line.includes('[notice]') && line.includes('rewritten data: "/new"'));
    expect(told).to.have.length(1);
    expect(told[0]).to.include('server: rewriting.test');
  });

  it('are spelled in nginx.conf as scripts know it', async () => {
    const text = (await the().program.nginxConf()).replaceAll(/\s+/g, ' ');
    expect(text).to.include('log_format upstreaminfo escape=json \'{"host"');
    expect(text).to.include('access_log /dev/stdout upstreaminfo if=$loggable;');
    expect(text).to.include('rewrite_log on;');
    const quiet = /## start server quiet.test.*?## end/.exec(text)?.[0];
    expect(quiet).to.include('access_log off;');
  });
});

describe('logs in files', () => {
  const the = useStage(async (stage) => {
    const file = (name: string) => join(stage.folder, `${name}.log`);
    const program = await startWith(stage, {
      'access-log-path': file('other'),
      'http-access-log-path': file('access'),
      'access-log-params': 'buffer=1k flush=50ms',
      'error-log-path': file('error'),
      'enable-access-log-for-default-backend': 'true',
    });
    return { program, file };
  });
  const reads = (name: string, pattern: RegExp) =>
    eventually(async () => expect(await readFile(the().file(name), 'utf8')).to.match(pattern));

  it('have requests in the one and errors in the other', async () => {
    const { program } = the();
    const from = program.logLines().length;
    expect((await program.http('logged.test', '/x')).status).to.equal(200);
    expect((await program.http('dead.test', '/broken')).status).to.equal(502);
    expect((await program.http('nobody.test', '/nobody')).status).to.equal(404);
    await reads('access', /"GET \/x HTTP\/1\.1" 200 .* \[default-logged-80\]/);
    await reads('access', /"GET \/nobody HTTP\/1\.1" 404 .* \[upstream-default-backend\]/);
    await reads('error', /connect\(\) failed.*request: "GET \/broken HTTP\/1\.1"/);
    const output = program.logLines().slice(from).join('\n');
    expect(output).to.not.include('"GET /x ').and.not.include('/broken');
  });
});

describe('logs on a syslog server', () => {
  const the = useStage(async (stage) => {
    const messages: string[] = [];
    const socket = createSocket('udp4');
    socket.on('message', (data) => messages.push(data.toString()));
    await new Promise<void>((resolve) => void socket.bind(0, '127.0.0.1', resolve));
    stage.defer(() => socket.close());
    const { port } = socket.address();
    const program = await startWith(stage, {
      'enable-syslog': 'true',
      'syslog-host': '127.0.0.1',
      'syslog-port': String(port),
      'access-log-params': 'buffer=1k',
      'log-format-escape-none': 'true',
    });
    return { program, messages, port };
  });

  it('have requests and errors', async () => {
    const { program, messages, port } = the();
    await program.http('logged.test', '/x');
    await program.http('dead.test', '/broken');
    await eventually(() => {
      const all = messages.join('\n');
      expect(all).to.match(/"GET \/x HTTP\/1\.1" 200 /);
      expect(all).to.match(/connect\(\) failed.*"GET \/broken/);
    });
    const text = await program.nginxConf();
    expect(text).to.include(`access_log syslog:server=127.0.0.1:${port} upstreaminfo;`);
    expect(text).to.include('log_format upstreaminfo escape=none ');
  });
});

describe('logs that cannot be written as the ConfigMap says', () => {
  const faults: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
    [
      'a variable that is none',
      { 'log-format-upstream': '$remote_addr $nobody' },
      /log-format-upstream.*\$nobody/,
    ],
    [
      'a sign that begins none',
      { 'log-format-upstream': 'costs $ 5' },
      /log-format-upstream.*literal_dollar/,
    ],
    [
      'a path of others',
      { 'access-log-path': '/etc/nginx/nginx.conf' },
      /access-log-path.*not a place for logs/,
    ],
    ['syslog without a host', { 'enable-syslog': 'true' }, /enable-syslog.*syslog-host/],
    [
      'a folder that is missing, which nginx refuses',
      { 'access-log-path': '/tmp/nowhere/at/all/access.log' },
      /access-log-path/,
    ],
    ['a host that nobody knows', { 'enable-syslog': 'true', 'syslog-host': 'nobody.invalid' }, /syslog/],
  ];
  const the = useStage(async (stage) => ({ program: await startWith(stage, {}) }));
  for (const [what, data, told] of faults) {
    it(`are written as usual: ${what}`, async () => {
      const { stage, program } = the();
      const from = program.logLines().length;
      stage.write('settings.yaml', configMap('settings', data));
      await program.logged(told, { from, deadline: 20_000 });
      await program.settled();
      const lines = await linesOf(program, () => program.http('logged.test', '/x'));
      expect(lines.filter((line) => USUAL.test(line))).to.have.length(1);
    });
  }
});
