interface NamedFile {
  readonly folder: string;
  readonly name: string;
  readonly content: Buffer;
}

/** Whether `b` has nothing that `a` has not; what is left over is removed later. */
export function sameFiles(a: readonly NamedFile[], b: readonly NamedFile[]): boolean {
  if (a === b) return true;
  const describe = ({ folder, name, content }: NamedFile) =>
    `${folder}/${name} ${content.toString('latin1')}`;
  const known = new Set(a.map(describe));
  return b.every((file) => known.has(describe(file)));
}
