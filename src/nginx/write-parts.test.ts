import { readFile, stat } from 'node:fs/promises';
import { expect } from 'chai';
import { makeFolder } from '../testing/builders/folder.ts';
import { withoutFirst, writeParts } from './write-parts.ts';

describe('files in parts', () => {
  for (const [name, parts] of [
    ['nothing', []],
    ['empty parts', ['', 'a', '']],
    ['more parts than one call takes', Array.from({ length: 2500 }, (_, index) => `${index}\n`)],
  ] as const) {
    it(`are written whole: ${name}`, async () => {
      const folder = await makeFolder();
      try {
        const file = folder.file('x');
        await writeParts(
          file,
          parts.map((part) => Buffer.from(part)),
        );
        expect(await readFile(file, 'utf8')).to.equal(parts.join(''));
        expect((await stat(file)).mode & 0o777).to.equal(0o600);
      } finally {
        await folder.remove();
      }
    });
  }

  for (const [bytes, left] of [
    [0, 'abcdef'],
    [1, 'bcdef'],
    [2, 'cdef'],
    [5, 'f'],
    [6, ''],
  ] as const) {
    it(`go on after ${bytes} bytes`, () => {
      const rest = withoutFirst([Buffer.from('ab'), Buffer.from('cde'), Buffer.from('f')], bytes);
      expect(Buffer.concat(rest).toString()).to.equal(left);
    });
  }
});
