import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { generatedPages } from './docs.ts';

describe('generated documentation', () => {
  for (const [name, text] of generatedPages()) {
    it(`docs/${name} is up to date (npm run docs)`, () => {
      expect(readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8')).to.equal(text);
    });
  }
});
