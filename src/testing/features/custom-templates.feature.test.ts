import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ingressClass } from '../harness/objects.ts';
import { pickyNginx, quarantineOf } from '../harness/picky-nginx.ts';
import { eventually } from '../harness/poll.ts';
import { root } from '../harness/program.ts';
import { site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

const builtIn = (name: string) => readFileSync(join(root, 'templates', `${name}.hbs`), 'utf8');
const NOT_USED = /custom templates are not used; those before stay in force/;
const TAKEN = /custom templates are in force/;

/** A built-in template with lines behind the first one that has `mark`. */
const withLines = (name: string, mark: string, lines: string) =>
  builtIn(name).replace(new RegExp(`^.*${mark}.*\n`, 'm'), (line) => `${line}${lines}\n`);

const inLocation = (line: string) => withLines('location', '\\{\\{> route route\\}\\}', `\t\t\t${line}`);
const inServer = (lines: string) => withLines('server', 'server_name', lines);
const header = (value: string) => inLocation(`more_set_headers "X-Template: ${value}";`);

describe('custom templates', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    stage.write('class.yaml', ingressClass());
    stage.write('a.yaml', ...site('a', { places: [web] }));
    const program = await stage.start({
      flags: ['--sync-rate-limit=20'],
      env: { NGINX_BINARY: pickyNginx(stage.folder) },
    });
    const folder = join(program.dataDir, 'template');
    return { web, program, folder };
  });

  const write = (files: Readonly<Record<string, string>>) => {
    const { folder } = the();
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  };
  const remove = () => {
    const { folder } = the();
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
  };
  const marked = async () => (await the().program.http('a.test', '/')).headers['x-template'];
  const says = (value: string | undefined) => eventually(async () => expect(await marked()).to.equal(value));

  afterEach(async () => {
    remove();
    await says(undefined);
  });

  it('take the place of the built-in ones, are followed, and go', async () => {
    const { program } = the();
    const from = program.logLines().length;
    write({ 'location.hbs': header('one') });
    await says('one');
    await program.logged(TAKEN, { from });
    write({ 'location.hbs': header('two') });
    await says('two');
    remove();
    await says(undefined);
  });

  it('may bring directives, locations and conditions of their own, and partials', async () => {
    write({
      'server.hbs': inServer('{{> mine}}'),
      'mine.hbs': [
        '\t\tclient_body_timeout 17s;',
        '\t\tlocation = /about {',
        '\t\t\tdefault_type text/plain;',
        '\t\t\treturn 200 {{quote serverName}};',
        '\t\t}',
        '\t\tif ($http_x_no) {',
        '\t\t\treturn 418;',
        '\t\t}',
        '',
      ].join('\n'),
      'nginx.conf.hbs': withLines(
        'nginx.conf',
        'uninitialized_variable_warn',
        '\tmap $http_x_color $color {\n\t\tdefault "none";\n\t\tred "rouge";\n\t}',
      ),
      'location.hbs': inLocation('more_set_headers "X-Template: $color";'),
    });
    await says('none');
    const { program } = the();
    expect(
      (await program.http('a.test', '/', { headers: { 'x-color': 'red' } })).headers['x-template'],
    ).to.equal('rouge');
    expect((await program.http('a.test', '/about')).text).to.equal('a.test');
    expect((await program.http('a.test', '/', { headers: { 'x-no': '1' } })).status).to.equal(418);
    expect(await program.nginxConf()).to.include('client_body_timeout 17s;');
  });

  it('are replaced at once when they are a mounted ConfigMap', async () => {
    const { folder } = the();
    const put = (version: string) => {
      mkdirSync(join(folder, version), { recursive: true });
      writeFileSync(join(folder, version, 'location.hbs'), header(version));
      symlinkSync(version, join(folder, '..data_tmp'));
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    put('v1');
    symlinkSync(join('..data', 'location.hbs'), join(folder, 'location.hbs'));
    await says('v1');
    put('v2');
    await says('v2');
  });

  const bad: readonly [name: string, files: Readonly<Record<string, string>>, says: RegExp][] = [
    ['with a fault of Handlebars', { 'location.hbs': `${header('x')}{{#if}}` }, /location\.hbs.*Parse error/],
    ['with a helper that does not exist', { 'location.hbs': inLocation('set $x {{shout path}};') }, /shout/],
    [
      'with a field that does not exist',
      { 'location.hbs': inLocation('set $x {{quote nothing}};') },
      /line 3 of a template.*undefined/,
    ],
    ['with a partial that does not exist', { 'location.hbs': inLocation('{{> nowhere}}') }, /nowhere/],
    ['that nginx refuses', { 'location.hbs': inLocation('set $x poison;') }, /poison/],
    ['that are no configuration of nginx', { 'location.hbs': inLocation('set $x "y;') }, /location\.hbs/],
    [
      'of Go',
      { 'nginx.tmpl': '{{ $all := . }}\nworker_processes {{ $cfg.WorkerProcesses }};\n' },
      /nginx\.tmpl is a template of Go/,
    ],
    [
      'without what Tidegate needs',
      { 'nginx.tmpl': 'events {}\nhttp {\n' },
      /nginx\.conf\.hbs lacks .*load_module .* and \d+ more/,
    ],
    ['of what connections come by', { 'stream.hbs': '}\n' }, /stream\.hbs cannot be replaced/],
    ['of what Tidegate talks by', { 'tail.hbs': '}\n' }, /tail\.hbs cannot be replaced/],
    ['without the locations of the model', { 'location.hbs': '' }, /location 0 differs/],
  ];
  for (const [name, files, reason] of bad)
    it(`${name} are told about, and the last good ones stay`, async () => {
      const { program, web, stage } = the();
      write({ 'location.hbs': header('good') });
      await says('good');
      const from = program.logLines().length;
      write(files);
      expect(await program.logged(NOT_USED, { from })).to.match(reason);
      expect(await marked()).to.equal('good');
      // Objects go on, and none of them is blamed.
      stage.write('later.yaml', ...site('later', { places: [web] }));
      await eventually(async () =>
        expect((await program.http('later.test', '/')).headers['x-template']).to.equal('good'),
      );
      expect(
        program
          .logLines()
          .slice(from)
          .filter((line) => line.includes('Object in quarantine')),
      ).to.deep.equal([]);
      stage.remove('later.yaml');
      await eventually(async () => expect((await program.http('later.test', '/')).status).to.equal(404));
      // A better version of the same file is tried.
      remove();
      write({ 'location.hbs': header('better') });
      await says('better');
    });

  it('are taken although an object is refused at the same time', async () => {
    const { program, web, stage } = the();
    const from = program.logLines().length;
    stage.write('bad.yaml', ...site('bad', { places: [web], with: { 'upstream-vhost': 'poison.test' } }));
    write({ 'location.hbs': header('brave') });
    await says('brave');
    await eventually(() =>
      expect(quarantineOf(program).map(({ key }) => key)).to.deep.equal(['default/bad']),
    );
    await program.logged(TAKEN, { from });
    stage.remove('bad.yaml');
  });
});

describe('custom templates at the start', () => {
  for (const [name, line, expected] of [
    ['count from the first configuration on', 'more_set_headers "X-Template: early";', 'early'],
    ['do not keep anything from starting when they are bad', 'set $x poison;', undefined],
  ] as const)
    describe(name, () => {
      const the = useStage(async (stage) => {
        const web = await stage.backend('web');
        stage.write('class.yaml', ingressClass());
        stage.write('a.yaml', ...site('a', { places: [web] }));
        const folder = join(stage.folder, 'd1', 'template');
        mkdirSync(folder, { recursive: true });
        for (const file of readdirSync(join(root, 'templates')))
          copyFileSync(join(root, 'templates', file), join(folder, file));
        writeFileSync(join(folder, 'location.hbs'), inLocation(line));
        const program = await stage.start({ flags: [], env: { NGINX_BINARY: pickyNginx(stage.folder) } });
        return { program };
      });

      it(`the page has the header ${expected}`, async () => {
        const { program } = the();
        const { status, headers } = await program.http('a.test', '/');
        expect([status, headers['x-template']]).to.deep.equal([200, expected]);
        expect(program.logLines().some((text) => NOT_USED.test(text))).to.equal(expected === undefined);
      });
    });
});
