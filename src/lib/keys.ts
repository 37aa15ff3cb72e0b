/** `namespace/name`, or the bare name when there is no namespace. */
export function keyOf(metadata: { readonly namespace: string; readonly name: string }): string {
  return metadata.namespace === '' ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}
