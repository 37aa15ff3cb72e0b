import { expect } from 'chai';
import { ingressClass } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { site } from '../harness/sites.ts';
import type { SiteSpec } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

type Short = NonNullable<SiteSpec['with']>;
type Data = Readonly<Record<string, string>>;

const BOTH: Data = { 'allow-snippet-annotations': 'true', 'annotations-risk-level': 'Critical' };
const FLAGS = ['--configmap=default/settings', '--sync-rate-limit=20'];

function settings(data: Data) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'default' },
    data,
  };
}

const refusing = (id: number, agent: string) =>
  `SecRuleEngine On\nSecRule REQUEST_HEADERS:User-Agent "${agent}" "deny,log,id:${id},status:403,msg:\\'UA blocked\\'"`;

const attack = '/?file=../../../../etc/passwd';

describe('ModSecurity of Ingresses', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const on = { 'enable-modsecurity': true };
    const sites: Readonly<Record<string, Short>> = {
      plain: {},
      detecting: on,
      'detecting-core': { ...on, 'enable-owasp-core-rules': true },
      refusing: { ...on, 'modsecurity-snippet': refusing(107, 'block-ua') },
      core: { ...on, 'enable-owasp-core-rules': true, 'modsecurity-snippet': 'SecRuleEngine On' },
      body: {
        ...on,
        'modsecurity-snippet':
          'SecRuleEngine On\nSecRequestBodyAccess On\nSecRule ARGS "@contains evil" "deny,id:1,phase:2,status:406"',
      },
      named: {
        ...on,
        'modsecurity-transaction-id': 'tx-$request_id',
        'modsecurity-snippet': refusing(109, 'bad'),
      },
      'without-switch': { 'modsecurity-snippet': refusing(110, 'block-ua') },
      'switched-off': { 'enable-modsecurity': false, 'modsecurity-snippet': refusing(111, 'block-ua') },
      wrong: { 'enable-modsecurity': 'maybe' },
      broken: { ...on, 'modsecurity-snippet': 'SecRule nonsense' },
      including: { ...on, 'modsecurity-snippet': 'Include /etc/passwd' },
      running: { ...on, 'modsecurity-snippet': 'SecRule ARGS "x" "id:1,exec:/bin/sh"' },
    };
    // What is only detected is information.
    stage.write('class.yaml', ingressClass(), settings({ ...BOTH, 'error-log-level': 'info' }));
    for (const [name, short] of Object.entries(sites))
      stage.write(`${name}.yaml`, ...site(name, { places: [web], with: short }));
    return { web, program: await stage.start({ flags: FLAGS }) };
  });

  const ask = (host: string, path = '/', agent = 'good') =>
    the().program.http(`${host}.test`, path, { headers: { 'user-agent': agent } });
  const status = async (...args: Parameters<typeof ask>) => (await ask(...args)).status;

  it('detects without refusing, and tells the log', async () => {
    expect(await status('plain', attack)).to.equal(200);
    expect(await status('detecting', attack)).to.equal(200);
    const from = the().program.logLines().length;
    expect(await status('detecting-core', attack)).to.equal(200);
    await the().program.logged(/ModSecurity: Warning.*etc\/passwd/, { from });
  });

  it('refuses by rules of a snippet', async () => {
    expect(await status('refusing')).to.equal(200);
    expect(await status('refusing', '/', 'block-ua')).to.equal(403);
    expect(await status('plain', '/', 'block-ua')).to.equal(200);
    await the().program.logged(/UA blocked/);
  });

  it('refuses by the core rules where a snippet switches refusing on', async () => {
    expect(await status('core')).to.equal(200);
    expect(await status('core', attack)).to.equal(403);
    expect(await status('core', '/?q=%3Cscript%3Ealert(1)%3C/script%3E')).to.equal(403);
  });

  it('looks at bodies', async () => {
    const post = async (body: string) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'good' };
      return (await the().program.http('body.test', '/', { method: 'POST', headers, body })).status;
    };
    expect([await post('a=good'), await post('a=evil')]).to.deep.equal([200, 406]);
  });

  it('names requests as it is told', async () => {
    const from = the().program.logLines().length;
    expect(await status('named', '/', 'bad')).to.equal(403);
    await the().program.logged(/unique_id "tx-[0-9a-f]{32}"/, { from });
  });

  it('does nothing where it is not switched on', async () => {
    for (const host of ['without-switch', 'switched-off', 'wrong'])
      expect(await status(host, '/', 'block-ua'), host).to.equal(200);
  });

  for (const host of ['broken', 'including', 'running']) {
    it(`closes its own Ingress when its rules cannot be used: ${host}`, async () => {
      await eventually(async () => expect(await status(host)).to.equal(503));
      expect(await status('refusing')).to.equal(200);
    });
  }

  it('stands in the file as scripts look for it', async () => {
    const conf = (await the().program.nginxConf()).replaceAll(/\s+/g, ' ');
    expect(conf)
      .to.include('modsecurity on;')
      .and.include('modsecurity_transaction_id "tx-$request_id";')
      .and.include('SecRuleEngine On')
      .and.match(/modsecurity_rules_file \S+\/modsecurity\/modsecurity\.conf;/)
      .and.match(/modsecurity_rules_file \S+\/owasp-modsecurity-crs\/nginx-modsecurity\.conf;/)
      .and.not.include('Include /etc/passwd');
  });
});

describe('ModSecurity for all', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const write = (data: Data) => stage.write('settings.yaml', settings({ ...BOTH, ...data }));
    stage.write('class.yaml', ingressClass());
    write({
      'enable-modsecurity': 'true',
      'enable-owasp-modsecurity-crs': 'true',
      'modsecurity-snippet': refusing(1, 'block-ua'),
    });
    const sites: Readonly<Record<string, Short>> = {
      plain: {},
      off: { 'enable-modsecurity': false },
      own: { 'modsecurity-snippet': refusing(2, 'other-ua') },
    };
    for (const [name, short] of Object.entries(sites))
      stage.write(`${name}.yaml`, ...site(name, { places: [web], with: short }));
    return { web, write, program: await stage.start({ flags: FLAGS }) };
  });

  const status = async (host: string, path = '/', agent = 'good') =>
    (await the().program.http(`${host}.test`, path, { headers: { 'user-agent': agent } })).status;

  it('refuses everywhere but where an Ingress says otherwise', async () => {
    expect([await status('plain'), await status('plain', '/', 'block-ua')]).to.deep.equal([200, 403]);
    expect(await status('plain', attack)).to.equal(403);
    expect([await status('off', '/', 'block-ua'), await status('off', attack)]).to.deep.equal([200, 200]);
    expect([await status('own', '/', 'other-ua'), await status('plain', '/', 'other-ua')]).to.deep.equal([
      403, 200,
    ]);
  });

  it('holds for hosts that come later', async () => {
    const { stage, web } = the();
    stage.write('later.yaml', ...site('later', { places: [web] }));
    await eventually(async () => expect(await status('later')).to.equal(200));
    expect(await status('later', '/', 'block-ua')).to.equal(403);
  });

  it('leaves the controller and its health alone', async () => {
    const { program } = the();
    expect((await program.health()).status).to.equal(200);
    expect(await program.nginxConf()).to.match(/control, for the controller only[^]*?modsecurity off;/);
  });

  it('is switched off, and on again', async () => {
    const { write } = the();
    write({});
    await eventually(async () => expect(await status('plain', '/', 'block-ua')).to.equal(200));
    expect(await status('plain', attack)).to.equal(200);
    write({ 'enable-modsecurity': 'true', 'modsecurity-snippet': refusing(1, 'block-ua') });
    await eventually(async () => expect(await status('plain', '/', 'block-ua')).to.equal(403));
  });

  it('with rules that cannot be read leaves the rest in force', async () => {
    const { write, program } = the();
    const from = program.logLines().length;
    write({
      'enable-modsecurity': 'true',
      'modsecurity-snippet': 'SecRule nonsense',
      'hide-headers': 'X-Any',
    });
    await program.logged(/modsecurity-snippet/, { from });
    await eventually(async () => expect(await program.nginxConf()).to.include('proxy_hide_header X-Any'));
    expect(await status('plain')).to.equal(200);
  });
});
