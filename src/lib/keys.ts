/** `namespace/name`, or the bare name when there is no namespace. */
export function keyOf(metadata: { readonly namespace: string; readonly name: string }): string {
  return metadata.namespace === '' ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}

/** By UTF-16 code units: the order of names in files and lists. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
