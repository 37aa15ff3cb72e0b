import { expect } from 'chai';
import { ConfigSyntaxError, parseConfig } from './lexer.ts';
import type { Directive } from './lexer.ts';

/** `name args {…}` without lines, to compare. */
function shape(directives: readonly Directive[]): readonly unknown[] {
  return directives.map(({ name, args, block }) =>
    block === null ? [name, ...args] : [name, ...args, shape(block)],
  );
}

const cases: readonly { readonly what: string; readonly text: string; readonly tree: readonly unknown[] }[] =
  [
    { what: 'words and semicolons', text: 'a b c; d;', tree: [['a', 'b', 'c'], ['d']] },
    { what: 'blocks in blocks', text: 'a { b { c 1; } d; }', tree: [['a', [['b', [['c', '1']]], ['d']]]] },
    { what: 'an empty block', text: 'a {}', tree: [['a', []]] },
    { what: 'comments only at the start of a word', text: 'a b#c; # d;\ne;', tree: [['a', 'b#c'], ['e']] },
    {
      what: 'quotes with everything in them',
      text: `a "b;{}# 'c" 'd "e';`,
      tree: [['a', "b;{}# 'c", 'd "e']],
    },
    { what: 'quotes inside a word', text: `a b"c'd;`, tree: [['a', `b"c'd`]] },
    {
      what: 'escapes that nginx knows, and others',
      text: String.raw`a "\"\\\t\n\r\d";`,
      tree: [['a', '"\\\t\n\r\\d']],
    },
    { what: 'a closing brace inside a word', text: 'a b}c;', tree: [['a', 'b}c']] },
    {
      what: 'a block after a "$" that a backslash protects',
      text: 'a b\\${ c; }',
      tree: [['a', 'b\\$', [['c']]]],
    },
    { what: 'a variable in braces', text: 'a x${b}c;', tree: [['a', 'x${b}c']] },
    { what: 'line breaks between words and in quotes', text: 'a\n\tb\n"c\nd";', tree: [['a', 'b', 'c\nd']] },
    {
      what: 'Lua blocks without a look inside',
      text: 'a_by_lua_block { if x then y = "{}" end } b;',
      tree: [['a_by_lua_block', []], ['b']],
    },
    {
      what: 'braces in strings and comments of Lua as what they are',
      text: `a_by_lua_block { x = "}" .. '}\\'}' -- }
      y = [[ } ]] .. [==[ ]] } ]==] --[[ } ]] z = t[1] - 1 } b;`,
      tree: [['a_by_lua_block', []], ['b']],
    },
  ];

describe('parseConfig', () => {
  for (const { what, text, tree } of cases)
    it(`reads ${what}`, () => expect(shape(parseConfig(text))).to.deep.equal(tree));

  it('counts lines', () => {
    const [first, second] = parseConfig('a;\n\n# x\nb "c\nd" {\n  e;\n}\n');
    expect([first?.line, second?.line, second?.block?.[0]?.line]).to.deep.equal([1, 4, 6]);
    const escaped = parseConfig('a\\\nb "c\\\nd";\ne;');
    expect(escaped.map(({ line }) => line)).to.deep.equal([1, 4]);
  });

  const broken: readonly (readonly [string, string, number])[] = [
    ['a block that is not closed', 'a {\n b;\n', 3],
    ['a brace that closes nothing', 'a;\n}', 2],
    ['a directive without an end', 'a b', 1],
    ['a quote that is not closed', 'a;\nb "c', 2],
    ['text after a quote', 'a "b"c;', 1],
    ['a semicolon alone', ';', 1],
    ['a block without a name', '{ a; }', 1],
    ['a directive cut by a brace', 'x { a }', 1],
    ['a Lua block that is not closed', 'a_by_lua_block { { }', 1],
    ['a Lua string that is not closed', 'a_by_lua_block { "}', 1],
    ['a long Lua string that is not closed', 'a;\na_by_lua_block { [[ } }', 2],
    ['a long Lua comment that is not closed', 'a;\na_by_lua_block { --[[ } }', 2],
  ];
  for (const [what, text, line] of broken) {
    it(`refuses ${what}, with the line`, () => {
      expect(() => parseConfig(text))
        .to.throw(ConfigSyntaxError)
        .with.property('line', line);
    });
  }
});
