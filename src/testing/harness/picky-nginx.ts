import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from './program.ts';

/**
 * An nginx that takes no file with the word `poison`, and says where it stands; nor one with `venom`, of which it only says that there
 * is some. What nginx really refuses differs between its versions, and what is known of it does not get past the annotations.
 */
export function pickyNginx(folder: string): string {
  const path = join(folder, 'picky-nginx');
  writeFileSync(
    path,
    `#!/bin/sh
previous=
for word in "$@"; do [ "$previous" = -c ] && file=$word; previous=$word; done
line=$(grep -n -i poison "$file" | head -n 1 | cut -d : -f 1)
if [ -n "$line" ]; then echo "nginx: [emerg] poison in $file:$line" >&2; exit 1; fi
if grep -q venom "$file"; then echo "nginx: [emerg] there is venom" >&2; exit 1; fi
exec nginx "$@"
`,
  );
  chmodSync(path, 0o755);
  return path;
}

/** What `/dbg quarantine` shows. */
export function quarantineOf(
  program: Program,
): readonly { readonly key: string; readonly standIn: string }[] {
  return JSON.parse(readFileSync(join(program.dataDir, 'run', 'quarantine.json'), 'utf8'));
}
