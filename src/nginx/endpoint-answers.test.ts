import { expect } from 'chai';
import { decode, encode } from 'dns-packet';
import type { DecodedPacket, Packet, Question } from 'dns-packet';
import fc from 'fast-check';
import { MAX_ANSWER, answerTo } from './endpoint-answers.ts';

const NAME = '5001.tcp-5432.database.default.endpoints.tidegate';
const names = new Map([
  [NAME, ['10.0.0.1', '10.0.0.2', '2001:db8::1']],
  ['old.tidegate', ['2001:db8::2']],
  ['empty.tidegate', []],
]);
const NO_ERROR = 0;
const NO_SUCH_NAME = 3;

function question(name: string, more: Partial<Question> = {}): Question {
  return { type: 'A', class: 'IN', name, ...more };
}

/** As nginx asks: one question, recursion desired. */
function ask(asked: Question, from: ReadonlyMap<string, readonly string[]> = names): DecodedPacket | null {
  const reply = answerTo(encode({ id: 4711, type: 'query', flags: 0x0100, questions: [asked] }), from);
  return reply === null ? null : decode(reply);
}

function addressesIn(packet: Packet | null): readonly string[] {
  return (packet?.answers ?? []).flatMap((answer) =>
    answer.type === 'A' || answer.type === 'AAAA' ? answer.data : [],
  );
}

const codeOf = (packet: DecodedPacket | null) => (packet === null ? null : (packet.flags ?? 0) & 0xf);

describe('answers about endpoints', () => {
  for (const [what, asked, code, addresses] of [
    ['IPv4', question(NAME), NO_ERROR, ['10.0.0.1', '10.0.0.2']],
    ['IPv6', question(NAME, { type: 'AAAA' }), NO_ERROR, ['2001:db8::1']],
    ['a name in capitals', question(NAME.toUpperCase()), NO_ERROR, ['10.0.0.1', '10.0.0.2']],
    ['a family without addresses', question('old.tidegate'), NO_ERROR, []],
    ['a name without addresses', question('empty.tidegate'), NO_ERROR, []],
    ['another type', question(NAME, { type: 'TXT' }), NO_ERROR, []],
    ['another class', question(NAME, { class: 'CH' }), NO_ERROR, []],
    ['an unknown name', question('other.tidegate'), NO_SUCH_NAME, []],
    ['a name beside', question(`x.${NAME}`), NO_SUCH_NAME, []],
  ] as const) {
    it(`say what is known of ${what}`, () => {
      const answer = ask(asked);
      expect(codeOf(answer)).to.equal(code);
      expect([...addressesIn(answer)].sort()).to.deep.equal(addresses);
      expect(answer).to.include({ id: 4711, type: 'response' });
      // nginx looks for what it has asked.
      expect(answer?.questions).to.deep.equal([asked]);
      for (const record of answer?.answers ?? []) expect(record).to.include({ ttl: 1, name: asked.name });
    });
  }

  const query = { id: 1, type: 'query', flags: 0, questions: [question(NAME)] } as const satisfies Packet;
  for (const [what, bytes] of [
    ['nothing', Buffer.alloc(0)],
    ['an answer', encode({ ...query, type: 'response' })],
    ['something else than a question', encode({ ...query, flags: 0x2800 })],
    ['no question', encode({ ...query, questions: [] })],
    ['two questions', encode({ ...query, questions: [question(NAME), question(NAME)] })],
    ['half a question', encode(query).subarray(0, 30)],
    ['the root', encode({ ...query, questions: [question('.')] })],
    ['a name that cannot be read', encode({ ...query, questions: [question('a b.tidegate')] })],
    ['too much', Buffer.concat([encode(query), Buffer.alloc(600)])],
  ] as const) {
    it(`say nothing to ${what}`, () => expect(answerTo(bytes, names)).to.equal(null));
  }

  it('come in any order', () => {
    const firsts = new Set(Array.from({ length: 64 }, () => addressesIn(ask(question(NAME)))[0]));
    expect([...firsts].sort()).to.deep.equal(['10.0.0.1', '10.0.0.2']);
  });

  for (const type of ['A', 'AAAA'] as const) {
    it(`are a part of many addresses, another each time (${type})`, () => {
      const all = Array.from({ length: 1000 }, (_, index) =>
        type === 'A' ? `10.0.${index >> 8}.${index & 255}` : `2001:db8::${(index + 1).toString(16)}`,
      );
      const many = new Map([[NAME, all]]);
      const bytes = answerTo(encode({ ...query, questions: [question(NAME, { type })] }), many);
      expect(bytes?.length).to.be.within(MAX_ANSWER - 80, MAX_ANSWER);
      const seen = new Set<string>();
      for (let index = 0; index < 50; index++) {
        const part = addressesIn(ask(question(NAME, { type }), many));
        expect(new Set(part).size).to.equal(part.length);
        for (const address of part) seen.add(address);
      }
      expect(seen.size).to.be.greaterThan(800);
    });
  }

  it('are answers, whatever comes', () => {
    const valid = encode(query);
    const mutated = fc
      .tuple(
        fc.nat(valid.length - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.nat(valid.length - 1),
        fc.integer({ min: 0, max: 255 }),
      )
      .map(([at, byte, also, other]) => {
        const bytes = Buffer.from(valid);
        bytes[at] = byte;
        bytes[also] = other;
        return bytes;
      });
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 600 }).map((array) => Buffer.from(array)),
      mutated,
    );
    let answered = 0;
    fc.assert(
      fc.property(bytes, (query) => {
        const reply = answerTo(query, names);
        if (reply === null) return;
        answered++;
        expect(reply.length).to.be.at.most(MAX_ANSWER);
        expect(reply.subarray(0, 2)).to.deep.equal(query.subarray(0, 2));
        const packet = decode(reply);
        expect(packet.type).to.equal('response');
        const known = names.get(packet.questions?.[0]?.name.toLowerCase() ?? '');
        expect(codeOf(packet)).to.equal(known === undefined ? NO_SUCH_NAME : NO_ERROR);
        expect(known ?? []).to.include.members([...addressesIn(packet)]);
      }),
      { numRuns: 3000 },
    );
    expect(answered).to.be.greaterThan(100);
  });
});
