/** PEM text (RFC 7468) as Secrets hold it. */

/** How our files with such text begin: beside them may lie others, which are not ours to remove. Readers skip it. */
export const MARK = 'Written by Tidegate from a Secret; changes made here are lost.\n';

export interface PemBlock {
  readonly label: string;
  readonly text: string;
}

/** The blocks of a PEM file in order; programs write text about them in front of each. */
export function pemBlocks(text: string): readonly PemBlock[] {
  const blocks = text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g);
  return Array.from(blocks, ([block, label = '']) => ({ label, text: block }));
}

/** The text of a value of a Secret; null when it is absent or empty. */
export function decodeBase64(base64: string | undefined): string | null {
  return base64 === undefined || base64 === '' ? null : Buffer.from(base64, 'base64').toString('utf8');
}
