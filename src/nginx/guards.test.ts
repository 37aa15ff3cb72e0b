/** What no file of ours may hold, since nginx has had vulnerabilities in it (compat/security.md section 3, G1 to G7). */
import { expect } from 'chai';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readSettings } from '../config/settings/read.ts';
import { configMap, ingress, ingressClass, service, slice } from '../testing/builders/objects.ts';
import { render } from '../testing/builders/render.ts';
import { templatesFolder } from '../testing/builders/environment.ts';
import { parseConfig } from '../text/lexer.ts';
import type { Directive } from '../text/lexer.ts';

const golden = join(import.meta.dirname, '..', 'testing', 'golden');
const files = readdirSync(golden)
  .filter((name) => name.endsWith('.conf'))
  .map((name) => [name, parseConfig(readFileSync(join(golden, name), 'utf8'))] as const);

/** With those that they stand in, outermost first. */
function all(directives: readonly Directive[], outer: readonly Directive[] = []): readonly Place[] {
  return directives.flatMap((directive) => [
    { directive, outer },
    ...all(directive.block ?? [], [...outer, directive]),
  ]);
}

interface Place {
  readonly directive: Directive;
  readonly outer: readonly Directive[];
}

function places(name: string): readonly Place[] {
  return files.flatMap(([, directives]) =>
    all(directives).filter(({ directive }) => directive.name === name),
  );
}

async function named(name: string, objects: Parameters<typeof render>[0]) {
  const { text } = await render([ingressClass(), service(), slice(), ...objects]);
  return all(parseConfig(text))
    .map(({ directive }) => directive)
    .filter((directive) => directive.name === name);
}

describe('guards against vulnerabilities of nginx', () => {
  it('G1: a rewrite ends the rewriting, and has no "?" before other expressions', () => {
    const rewrites = places('rewrite');
    expect(rewrites.length).to.be.above(2);
    for (const { directive, outer } of rewrites) {
      const [pattern, target, flag, ...more] = directive.args;
      expect([pattern === '', flag, more]).to.deep.equal([false, 'break', []]);
      expect(target).to.not.include('?');
      const block = outer.at(-1)?.block ?? [];
      const later = block.slice(block.indexOf(directive) + 1).map(({ name }) => name);
      expect(later.filter((name) => ['rewrite', 'if', 'set'].includes(name))).to.deep.equal([]);
    }
  });

  it('G2, G3: captures are used in the replacement of their own rewrite only', () => {
    for (const [file, directives] of files) {
      for (const { directive } of all(directives)) {
        if (directive.name === 'rewrite' || directive.name.endsWith('_by_lua_block')) continue;
        const loose = directive.args.slice(1).filter((arg) => /\$\d/.test(arg) && !arg.startsWith('^'));
        // Expressions of locations end with "$" and hold digits.
        const isPattern = directive.name === 'location' || directive.name === 'server_name';
        expect(isPattern ? [] : loose, `${file}: ${directive.name}`).to.deep.equal([]);
      }
    }
  });

  it('G3: maps of expressions give named captures', () => {
    const values = places('map').flatMap(({ directive }) =>
      (directive.block ?? []).flatMap(({ args }) => args),
    );
    expect(values.filter((value) => /\$\d/.test(value))).to.deep.equal([]);
  });

  it('G4: no file of a disk is served', () => {
    const never =
      /^(?:alias|root|try_files|index|ssi|ssi_.*|slice|dav_.*|create_full_put_path|autoindex|mp4|flv|perl.*|js_.*)$/;
    for (const [file, directives] of files) {
      const found = all(directives).filter(({ directive }) => never.test(directive.name));
      expect(
        found.map(({ directive }) => directive.name),
        file,
      ).to.deep.equal([]);
    }
    for (const name of readdirSync(templatesFolder)) {
      const text = readFileSync(join(templatesFolder, name), 'utf8');
      expect(text.match(/^\s*(?:alias|root|try_files|ssi|slice|dav_methods)\s.*;/m), name).to.equal(null);
    }
  });

  it('G5: headers are bounded, and invalid ones reach no endpoint over HTTP/2', async () => {
    const bounds = places('large_client_header_buffers').map(({ directive }) => directive.args.join(' '));
    expect([...new Set(bounds)]).to.deep.equal(['4 8k']);
    expect(readSettings({ 'large-client-header-buffers': '1000 1g' }).faults).to.have.length(1);
    const loose = configMap({ 'ignore-invalid-headers': 'false' });
    const words = async (annotations: Readonly<Record<string, string>>) =>
      (await named('ignore_invalid_headers', [loose, ingress({ annotations })])).map(({ args }) => args[0]);
    expect(await words({})).to.deep.equal(['off']);
    expect(await words({ 'backend-protocol': 'GRPC' })).to.deep.equal(['on']);
    expect(await words({ 'backend-protocol': 'GRPCS' })).to.deep.equal(['on']);
  });

  it('G6: tickets are off by default, and sessions of hosts with other rules for clients are kept apart', async () => {
    const tickets = places('ssl_session_tickets').map(({ directive }) => directive.args[0]);
    expect([...new Set(tickets)]).to.deep.equal(['off']);
    const zones = files.map(([name, directives]) => {
      const caches = all(directives).filter(({ directive }) => directive.name === 'ssl_session_cache');
      return [name, caches.map(({ directive }) => directive.args[0])] as const;
    });
    const usual = new Map(zones).get('tls.conf');
    expect(usual).to.have.length(1);
    expect(new Map(zones).get('client-certificates.conf')).to.not.deep.equal(usual);
  });

  it('G7: the number of headers has a bound where nginx knows one: none of those here does', () => {
    expect(places('max_headers')).to.deep.equal([]);
  });
});
