import { stat } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { expect } from 'chai';
import { ask } from '../cli/inspection-client.ts';
import { silentLogger } from '../lib/log.ts';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';
import { startInspection } from './server.ts';
import type { InspectionServer } from './server.ts';

describe('inspection socket', () => {
  let folder: Folder;
  let server: InspectionServer;
  let path: string;
  before(async () => {
    folder = await makeFolder();
    path = folder.file('s.sock');
    server = await startInspection({
      path,
      log: silentLogger,
      answers: {
        '/echo': (query) => ({ status: 200, body: query.get('text') ?? '' }),
        '/bad': () => Promise.reject(new Error('no luck')),
      },
    });
  });
  after(async () => {
    await server.close();
    await folder.remove();
  });

  const cases: readonly (readonly [path: string, status: number, body: string])[] = [
    ['/echo', 200, 'ä & =?'],
    ['/bad', 500, 'no luck\n'],
    ['/', 404, 'no such question\n'],
    ['/constructor', 404, 'no such question\n'],
  ];
  for (const [question, status, body] of cases)
    it(`answers ${question} with ${status}`, async () => {
      expect(await ask(path, question, { text: 'ä & =?' })).to.deep.equal({ status, body });
    });

  it('takes questions only', async () => {
    const text = await new Promise<string>((resolve) => {
      let all = '';
      const socket = createConnection(path, () =>
        socket.write('POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'),
      );
      socket.on('data', (part) => (all += part.toString())).on('close', () => resolve(all));
    });
    expect(text).to.match(/^HTTP\/1.1 405 /);
  });

  it('is for its own user only', async () => {
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
  });

  it('takes the place of one that was left behind, and leaves nothing', async () => {
    const second = await startInspection({ path: folder.file('t.sock'), log: silentLogger, answers: {} });
    await second.close();
    const failed = await ask(folder.file('t.sock'), '/').catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(Error);
    const third = await startInspection({ path: folder.file('t.sock'), log: silentLogger, answers: {} });
    expect((await ask(folder.file('t.sock'), '/')).status).to.equal(404);
    await third.close();
  });
});
