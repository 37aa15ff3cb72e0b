import { writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';
import { dbg } from './dbg.ts';

const backends = [
  { name: 'default-web-80', service: 'default/web', port: '80', endpoints: ['10.0.0.1:8080'] },
  { name: 'upstream-default-backend', endpoints: [] },
];

describe('dbg', () => {
  let folder: Folder;
  let server: Server;
  let status: number;
  before(async () => {
    folder = await makeFolder();
    await writeFile(folder.file('nginx.conf'), 'events {}');
    server = createServer((request, response) => {
      response.statusCode = request.url === '/configuration/backends' ? status : 404;
      response.end(JSON.stringify(backends));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  beforeEach(() => {
    status = 200;
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await folder.remove();
  });

  async function run(...args: readonly string[]) {
    let text = '';
    // A server on a TCP port has this form of address.
    const { port } = server.address() as AddressInfo;
    const code = await dbg({
      args: [...args, `--status-port=${port}`],
      config: folder.file('nginx.conf'),
      quarantine: folder.file('quarantine.json'),
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

  it('lists their names', async () => {
    expect(await run('backends', 'list')).to.deep.equal({
      code: 0,
      text: 'default-web-80\nupstream-default-backend\n',
    });
  });

  it('shows one of them completely', async () => {
    const { code, text } = await run('backends', 'get', 'default-web-80');
    expect(code).to.equal(0);
    expect(JSON.parse(text)).to.deep.equal(backends[0]);
  });

  it('says when there is none of a name', async () => {
    expect(await run('backends', 'get', 'none')).to.deep.equal({
      code: 0,
      text: 'A backend of this name was not found.\n',
    });
  });

  it('shows the file in force', async () => {
    expect(await run('conf')).to.deep.equal({ code: 0, text: 'events {}\n' });
  });

  it('shows no keys', async () => {
    const { code, text } = await run('certs', 'get', 'a.example.com');
    expect(code).to.equal(0);
    expect(text).to.include('a.example.com').and.not.include('PRIVATE');
  });

  it('shows nothing for "general"', async () => {
    expect(await run('general')).to.deep.equal({ code: 0, text: '{}\n' });
  });

  for (const [args, code] of [
    [[], 0],
    [['help'], 0],
    [['backends'], 1],
    [['nothing'], 1],
    [['backends', 'delete'], 1],
  ] as const) {
    it(`helps with "${args.join(' ')}" and ends with ${code}`, async () => {
      const result = await run(...args);
      expect(result.code).to.equal(code);
      expect(result.text).to.include('Usage:');
    });
  }

  it('prints what went wrong, and ends as scripts expect', async () => {
    status = 500;
    expect(await run('backends', 'all')).to.deep.equal({ code: 0, text: 'nginx answered 500\n' });
  });

  it('shows what is in quarantine: nothing, before anything was', async () => {
    expect(await run('quarantine')).to.deep.equal({ code: 0, text: '[]\n' });
    const text = '[{ "kind": "Ingress", "key": "default/evil" }]\n';
    await writeFile(folder.file('quarantine.json'), text);
    expect(await run('quarantine')).to.deep.equal({ code: 0, text });
  });

  it('takes the port as a word of its own, and says when nobody listens there', async () => {
    let text = '';
    const args = ['--status-port', '1', 'backends', 'list'];
    expect(
      await dbg({ args, config: '/none', quarantine: '/none', write: (part) => (text += part) }),
    ).to.equal(0);
    expect(text).to.include('ECONNREFUSED');
  });
});
