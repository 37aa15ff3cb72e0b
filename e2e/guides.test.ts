/** Every command of the documentation, as somebody would type it, and every object, as the API server takes it. */
import { PAGES } from './support/documents.ts';
import { objectsOf } from './support/guide.ts';
import { kubectl, namespacesEnded } from './support/kubectl.ts';
import { blocksToRun, walk } from './support/shell.ts';

describe('pages', () => {
  after(namespacesEnded);

  for (const page of PAGES)
    it(`${page.path}: all commands do what it says`, async () => {
      for (const { text } of objectsOf(await blocksToRun(page)))
        await kubectl(['apply', '--dry-run=server', '-f', '-'], text);
      await walk(page);
    });
});
