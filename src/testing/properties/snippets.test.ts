/** Whatever stands in a snippet, it is refused, or it is a run of directives in its own block and changes nothing around it. */
import { expect } from 'chai';
import fc from 'fast-check';
import { parseConfig } from '../../text/lexer.ts';
import type { Directive } from '../../text/lexer.ts';
import { parseSnippet } from '../../text/snippet.ts';
import { configMap, ingress, ingressClass, service, slice } from '../builders/objects.ts';
import { render } from '../builders/render.ts';
import { hostile, payloads } from './payloads.ts';

const RUNS = 150;

const words = [
  ['a', 'b;', '{', '}', ';', ' ', '\n', '"', "'", '\\', '#', '$x', '${y}', 'if ($z) {', '\\\n'],
  ['location /q {', 'a_by_lua_block {', '--', '[[', ']]', '--[[', '## end server a.example.com\n'],
  ['proxy_pass http://x;', 'set $special "yes";', 'error_page 404 /x;', 'return 200;', '\t\t}\n'],
].flat();

/** Pieces of configuration in any order: most of it is nonsense, some of it nearly right. */
const pieces = fc.array(fc.constantFrom(...words), { maxLength: 12 }).map((chosen) => chosen.join(''));

const texts = fc.oneof(pieces, hostile, fc.constantFrom(...payloads));

const allowed = { 'allow-snippet-annotations': 'true', 'annotations-risk-level': 'Critical' };
const others = [ingressClass(), service(), slice(), ingress({ name: 'other', host: 'b.example.com' })];

function written(name: string, text: string) {
  const annotations = { 'auth-url': 'http://auth.test/', [name]: text };
  return ingress({ host: 'a.example.com', annotations });
}

/**
 * A line for each directive, without parameters that differ with every text: the checksum. Without our headers for endpoints, too,
 * which move from http into locations where a snippet proxies.
 */
function flat(directives: readonly Directive[]): readonly string[] {
  return directives.flatMap(({ name, args, block }) => {
    if (name === 'proxy_set_header') return [];
    const words = name === 'return' && args[1]?.endsWith('$pid\n') === true ? [] : args;
    const line = JSON.stringify([name, ...words, block === null ? ';' : '{']);
    return block === null ? [line] : [line, ...flat(block), '}'];
  });
}

const linesOf = async (objects: Parameters<typeof render>[0]) =>
  flat(parseConfig((await render(objects)).text));

/** What one list has more than the other, which must be all in it and in its order. */
function added(longer: readonly string[], shorter: readonly string[]): readonly string[] {
  let at = 0;
  const rest: string[] = [];
  for (const line of longer) {
    if (line === shorter[at]) at++;
    else rest.push(line);
  }
  expect(at, 'lines that are left of those without the snippet').to.equal(shorter.length);
  return rest;
}

const wantedOf = (text: string) => {
  const parsed = parseSnippet(text);
  return parsed.ok ? flat(parseConfig(`${parsed.value}\n`)) : [];
};

/** Each line as often as it is there, whichever of two equal neighbours was taken for the new one. */
function times(lines: readonly string[], factor: number): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const line of lines) counts[line] = (counts[line] ?? 0) + factor;
  return counts;
}

describe('snippets in the file', function () {
  this.timeout(180_000);

  // The path "/" that nobody has declared belongs to the Ingress, too.
  for (const name of ['configuration-snippet', 'server-snippet', 'auth-snippet']) {
    it(`of ${name} add their directives and nothing else, or are refused`, async () => {
      const plain = await linesOf([...others, configMap(allowed), written(name, '')]);
      await fc.assert(
        fc.asyncProperty(texts, async (text) => {
          const rendered = await render([...others, configMap(allowed), written(name, text)]);
          if (rendered.graph.problems.some(({ field }) => field.includes(name))) return;
          const extra = added(flat(parseConfig(rendered.text)), plain);
          expect(times(extra, 1)).to.deep.equal(times(wantedOf(text), 1));
        }),
        { numRuns: RUNS },
      );
    });
  }

  const servers = {
    'main-snippet': 1,
    'http-snippet': 1,
    'stream-snippet': 1,
    'server-snippet': 3,
    'location-snippet': 3,
  };
  for (const [key, factor] of Object.entries(servers)) {
    it(`of the key ${key} add their directives and nothing else, or are refused`, async () => {
      // The block is there anyway.
      const block = key === 'stream-snippet' ? allowed : {};
      const objects = [
        ...others,
        ingress({ host: 'a.example.com', annotations: key === 'stream-snippet' ? { [key]: 'a b;' } : {} }),
      ];
      const plain = await linesOf([...objects, configMap(block)]);
      await fc.assert(
        fc.asyncProperty(texts, async (text) => {
          const extra = added(await linesOf([...objects, configMap({ ...block, [key]: text })]), plain);
          expect(times(extra, 1)).to.deep.equal(times(wantedOf(text), factor));
        }),
        { numRuns: RUNS },
      );
    });
  }
});
