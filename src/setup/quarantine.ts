/** Tells everybody what is in quarantine: log, Events, metric, and a file for `/dbg quarantine`. */
import { rename, writeFile } from 'node:fs/promises';
import type { Blame, Quarantined } from '../cluster/quarantine.ts';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Refusal } from '../nginx/applier.ts';
import { ownersOfLine } from '../nginx/owners.ts';
import { plainWords } from '../nginx/words.ts';

export interface QuarantineSetup {
  readonly log: Logger;
  /** Where it is written. */
  readonly file: string;
  readonly count: (kinds: Readonly<Record<Quarantined['item']['kind'], number>>) => void;
  /** Tells the owner. */
  readonly tell: (entry: Quarantined, message: string) => void;
}

/** One for each thing that nginx objects to. */
export function blamesOf({
  generation,
  failures,
}: Pick<Refusal, 'generation' | 'failures'>): readonly Blame[] {
  return failures.map(({ message, line }) => {
    const { place, ingresses, server } = ownersOfLine(generation, line);
    const where = server === null ? '' : ` (host "${server.host}")`;
    return { message: `${plainWords(message)}${where}`, place, ingresses };
  });
}

/** Told the whole list each time; what is new in it, and what has gone, is news. */
export function createQuarantineTeller({
  log,
  file,
  count,
  tell,
}: QuarantineSetup): (list: readonly Quarantined[]) => void {
  let known: ReadonlyMap<string, Quarantined> = new Map();
  let writing = Promise.resolve();

  async function write(list: readonly Quarantined[]): Promise<void> {
    const shown = list.map(({ item, message, standIn, since }) => ({ ...item, message, standIn, since }));
    await writeFile(`${file}.new`, `${JSON.stringify(shown, null, 2)}\n`, { mode: 0o600 });
    await rename(`${file}.new`, file);
  }

  return (list) => {
    const next = new Map(list.map((entry) => [`${nameOf(entry)} ${entry.standIn} ${entry.message}`, entry]));
    const fresh = Array.from(next).filter(([id]) => !known.has(id));
    const gone = Array.from(known).filter(([id]) => !next.has(id));
    if (fresh.length + gone.length === 0) return;
    known = next;
    for (const [, entry] of fresh) {
      const message = sentence(entry);
      log.error('Object in quarantine', { object: nameOf(entry), message });
      tell(entry, message);
    }
    const names = new Set(list.map(nameOf));
    for (const name of new Set(gone.map(([, entry]) => nameOf(entry))))
      if (!names.has(name)) log.info('Object out of quarantine', { object: name });
    const of = (kind: Quarantined['item']['kind']) => list.filter(({ item }) => item.kind === kind).length;
    count({ Ingress: of('Ingress'), Secret: of('Secret'), setting: of('setting') });
    writing = writing
      .then(() => write(list))
      .catch((error: unknown) =>
        log.warn('the list of quarantine was not written', { reason: messageOf(error) }),
      );
  };
}

function nameOf({ item: { kind, key } }: Quarantined): string {
  return kind === 'setting' ? `ConfigMap key ${key}` : `${kind} ${key}`;
}

function sentence({ item, message, standIn }: Quarantined): string {
  return `nginx refuses this ${item.kind === 'setting' ? `value of ${item.key}` : item.kind}: ${message}; ${effectOf(item.kind, standIn)}`;
}

function effectOf(kind: Quarantined['item']['kind'], standIn: Quarantined['standIn']): string {
  if (standIn === 'last-good')
    return kind === 'setting'
      ? 'the last good value stays in force; correct it'
      : 'its last good version stays in force; correct it';
  if (kind === 'setting') return 'the default is in force; correct or remove it';
  if (kind === 'Secret') return 'it counts as missing; correct it';
  return standIn === 'confined'
    ? 'its paths answer 503; correct it'
    : 'nothing of it is in force; correct it';
}
