import { expect } from 'chai';
import { configMap, ingressClass } from '../testing/builders/objects.ts';
import { render } from '../testing/builders/render.ts';
import { parseConfig } from '../text/lexer.ts';

async function valuesOf(name: string, data: Readonly<Record<string, string>>) {
  const { text } = await render([ingressClass(), configMap(data)]);
  const http = parseConfig(text).find((directive) => directive.name === 'http')?.block ?? [];
  return http.filter((directive) => directive.name === name).map(({ args }) => args.join(' '));
}

describe('what http-snippet says, too', () => {
  for (const [name, usual, own] of [
    ['proxy_read_timeout', '60s', '300s'],
    ['proxy_buffers', '4 4k', '8 16k'],
    ['client_max_body_size', '1m', '0'],
    ['proxy_next_upstream', 'error timeout', 'off'],
    ['proxy_http_version', '1.1', '1.0'],
  ] as const) {
    it(`${name} is there once`, async () => {
      expect(await valuesOf(name, {})).to.deep.equal([usual]);
      for (const written of [`${name} ${own};`, `map $a $b { default 1; }\n\t${name} ${own};`])
        expect(await valuesOf(name, { 'http-snippet': written })).to.deep.equal([own]);
    });
  }

  it('what stands in a block of it changes nothing outside', async () => {
    const snippet = 'server {\n\tproxy_read_timeout 300s;\n}';
    expect(await valuesOf('proxy_read_timeout', { 'http-snippet': snippet })).to.deep.equal(['60s']);
  });
});
