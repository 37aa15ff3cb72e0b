/** Answers to questions for the addresses of endpoint names, over UDP (RFC 1035). */
import { isIPv4 } from 'node:net';
import { AUTHORITATIVE_ANSWER, RECURSION_DESIRED, decode, encode } from 'dns-packet';
import type { Packet, Question, StringAnswer } from 'dns-packet';
import type { EndpointNames } from '../model/model.ts';

/** What nginx reads of an answer (ngx_resolver.c), in bytes. */
export const MAX_ANSWER = 4096;
/** Of a question with one name; more is somebody else's. */
const MAX_QUESTION = 512;
const OPCODE = 0x7800;
const NO_SUCH_NAME = 3;
/** In seconds. */
const TTL = 1;
/** What can be written again as it was read. */
const NAME = /^(?:[\w-]{1,63}\.)*[\w-]{1,63}$/;

/** @returns null for bytes that are no question of ours. Never throws. */
export function answerTo(query: Buffer, names: EndpointNames): Buffer | null {
  if (query.length > MAX_QUESTION) return null;
  try {
    const { id = 0, type, flags = 0, questions = [] } = decode(query);
    const [question] = questions;
    if (type !== 'query' || (flags & OPCODE) !== 0) return null;
    if (question === undefined || questions.length > 1) return null;
    if (!NAME.test(question.name)) return null;
    const addresses = names.get(question.name.toLowerCase());
    const code = addresses === undefined ? NO_SUCH_NAME : 0;
    const packet: Packet = {
      id,
      type: 'response',
      flags: AUTHORITATIVE_ANSWER | (flags & RECURSION_DESIRED) | code,
      questions: [question],
    };
    return encode({ ...packet, answers: recordsFor(question, addresses ?? [], encode(packet).length) });
  } catch {
    return null;
  }
}

/** As many as fit, in any order. @param used bytes that the answer has without them. */
function recordsFor({ name, type, class: kind }: Question, all: readonly string[], used: number) {
  if (kind !== 'IN' || (type !== 'A' && type !== 'AAAA')) return [];
  const records = all
    .filter((address) => isIPv4(address) === (type === 'A'))
    .map((data): StringAnswer => ({ name, type, class: 'IN', ttl: TTL, data }));
  const room = Math.floor((MAX_ANSWER - used) / sizeOf(name, type));
  return shuffled(records).slice(0, room);
}

/** Of a record, in bytes: labels with their lengths and a zero, ten bytes, the address. */
function sizeOf(name: string, type: 'A' | 'AAAA'): number {
  return name.length + 2 + 10 + (type === 'A' ? 4 : 16);
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
