/** A guide of docs/guides as a list of steps: files that it shows, commands that it types, and what they print. */

export type Step =
  | { readonly kind: 'file'; readonly name: string; readonly text: string }
  | {
      readonly kind: 'commands';
      readonly text: string;
      /** Lines that the output has, in this order; `…` stands for anything. */
      readonly expected: readonly string[];
      /** Of the first command, counted from 1. */
      readonly line: number;
    };

/** Blocks of `sh` are run, `text` after one is what it prints, `yaml` that begins with `# file: NAME` is written. All else is for the eye. */
export function stepsOf(markdown: string): readonly Step[] {
  const steps: Step[] = [];
  for (const block of markdown.matchAll(/^```(\w+)\n([^]*?)^```$/gm)) {
    const [, language, text = ''] = block;
    const line = markdown.slice(0, block.index).split('\n').length + 1;
    if (language === 'sh') steps.push({ kind: 'commands', text, expected: [], line });
    if (language === 'yaml') {
      const [, name] = /^# file: (\S+)\n/.exec(text) ?? [];
      if (name !== undefined) steps.push({ kind: 'file', name, text });
    }
    if (language === 'text') {
      const last = steps.at(-1);
      if (last?.kind !== 'commands') throw new Error(`line ${line}: this output has no commands before it`);
      const expected = text.trimEnd().split('\n');
      steps.splice(-1, 1, { ...last, expected });
    }
  }
  return steps;
}

/** The first line that the output lacks, or null. */
export function missingLine(output: string, expected: readonly string[]): string | null {
  const lines = output.split('\n').map(plain);
  let at = 0;
  for (const wanted of expected) {
    const pattern = patternOf(wanted);
    while (at < lines.length && !pattern.test(lines[at] ?? '')) at++;
    if (at >= lines.length) return wanted;
    at++;
  }
  return null;
}

function patternOf(line: string): RegExp {
  const parts = plain(line)
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`);
}

/** How wide columns are matters to nobody. */
function plain(line: string): string {
  return line.trim().replaceAll(/\s+/g, ' ');
}
