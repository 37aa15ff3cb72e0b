import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { startInspection } from '../inspect/server.ts';
import type { InspectionServer } from '../inspect/server.ts';
import { silentLogger } from '../lib/log.ts';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';
import { dbg } from './dbg.ts';

const backends = [
  { name: 'default-web-80', service: { spec: { type: 'ClusterIP' } }, port: 80, noServer: false },
  { name: 'upstream-default-backend', port: 0 },
];

describe('dbg', () => {
  let folder: Folder;
  let server: InspectionServer;
  let status: number;
  before(async () => {
    folder = await makeFolder();
    await writeFile(folder.file('nginx.conf'), 'events {}');
    const echo = (path: string) => (query: URLSearchParams) => ({
      status: 200,
      body: `${path} ${query.toString()}\n`,
    });
    server = await startInspection({
      path: folder.file('s.sock'),
      log: silentLogger,
      answers: {
        '/backends': () => ({
          status,
          body: status === 200 ? `${JSON.stringify(backends, null, 2)}\n` : 'nothing is known yet\n',
        }),
        '/certificate': (query) =>
          query.get('host') === 'a.test'
            ? { status: 200, body: 'chain\n' }
            : { status: 404, body: `No cert found for host ${query.get('host') ?? ''}\n` },
        '/explain': echo('explain'),
        '/generation': echo('generation'),
      },
    });
  });
  beforeEach(() => {
    status = 200;
  });
  after(async () => {
    await server.close();
    await folder.remove();
  });

  async function run(...args: readonly string[]) {
    let text = '';
    const code = await dbg({
      args,
      config: folder.file('nginx.conf'),
      quarantine: folder.file('quarantine.json'),
      socket: folder.file('s.sock'),
      write: (part) => (text += part),
    });
    return { code, text };
  }

  it('shows all backends, in JSON', async () => {
    const { code, text } = await run('backends', 'all');
    expect(code).to.equal(0);
    expect(JSON.parse(text)).to.deep.equal(backends);
    expect(text).to.include('\n  {');
  });

  it('shows one of them completely, with its keys in order', async () => {
    const { code, text } = await run('backends', 'get', 'default-web-80');
    expect(code).to.equal(0);
    expect(JSON.parse(text)).to.deep.equal(backends[0]);
    expect(text.match(/^ {2}"\w+/gm)).to.deep.equal(['  "name', '  "noServer', '  "port', '  "service']);
  });

  const answers: readonly (readonly [args: string, text: string])[] = [
    ['backends list', 'default-web-80\nupstream-default-backend\n'],
    ['backends get none', 'A backend of this name was not found.\n'],
    ['certs get a.test', 'chain\n'],
    ['certs get b.test', 'No cert found for host b.test\n'],
    ['explain a.test', 'explain host=a.test&path=%2F\n'],
    ['explain a.test /x?y=1', 'explain host=a.test&path=%2Fx%3Fy%3D1\n'],
    ['generation', 'generation \n'],
    ['conf', 'events {}\n'],
    ['general', '{}\n'],
    ['--status-port 1 general', '{}\n'],
    ['general --status-port=1', '{}\n'],
  ];
  for (const [args, text] of answers) {
    it(`answers "${args}"`, async () => {
      expect(await run(...args.split(' '))).to.deep.equal({ code: 0, text });
    });
  }

  for (const [args, code] of [
    ['', 0],
    ['help', 0],
    ['backends', 0],
    ['certs', 0],
    ['nothing', 1],
    ['backends delete', 1],
    ['backends get', 1],
    ['certs get', 1],
    ['explain', 1],
  ] as const) {
    it(`helps with "${args}" and ends with ${code}`, async () => {
      const result = await run(...args.split(' ').filter((word) => word !== ''));
      expect(result.code).to.equal(code);
      expect(result.text).to.include('Usage:');
    });
  }

  it('prints what went wrong, and ends as scripts expect', async () => {
    status = 503;
    expect(await run('backends', 'all')).to.deep.equal({ code: 0, text: 'nothing is known yet\n' });
  });

  it('shows what is in quarantine: nothing, before anything was', async () => {
    expect(await run('quarantine')).to.deep.equal({ code: 0, text: '[]\n' });
    const text = '[{ "kind": "Ingress", "key": "default/evil" }]\n';
    await writeFile(folder.file('quarantine.json'), text);
    expect(await run('quarantine')).to.deep.equal({ code: 0, text });
  });

  it('says when nobody answers', async () => {
    let text = '';
    const options = { args: ['generation'], config: '/none', quarantine: '/none', socket: '/none' };
    expect(await dbg({ ...options, write: (part) => (text += part) })).to.equal(0);
    expect(text).to.match(/^the controller does not answer on \/none: .*ENOENT/);
  });
});
