/**
 * Which templates are in force: those that an administrator put in the place of the built-in ones, once a configuration of theirs
 * serves; else what served before.
 */
import { parseConfig } from '../text/lexer.ts';
import { messageOf } from '../lib/errors.ts';
import type { Model } from '../model/model.ts';
import type { Environment } from './environment.ts';
import { createRenderer } from './files.ts';
import type { Renderer } from './files.ts';
import type { Generation } from './generation.ts';
import { headView } from './http-view.ts';
import type { Templates } from './templates.ts';

export interface TemplateChoice extends Renderer {
  /** Tries these from now on. */
  try(templates: Templates): void;
  /** Returns whether the templates are to blame as far as is known, so that no object is: another configuration comes of those before. */
  refused(generation: Generation, reason: string): boolean;
  /** Returns whether templates that were refused are tried once more: the fault has turned out to be an object's. */
  proven(generation: Generation): boolean;
}

export interface TemplateChoiceOptions {
  readonly builtIn: Templates;
  readonly environment: Environment;
  /** Told why the templates of the administrator are not used. */
  readonly onRejected: (reason: string) => void;
  /** They serve. */
  readonly onAccepted: () => void;
}

interface Candidate {
  readonly templates: Templates;
  readonly renderer: Renderer;
}

export function createTemplateChoice(options: TemplateChoiceOptions): TemplateChoice {
  const { builtIn, environment, onRejected, onAccepted } = options;
  const prepare = (templates: Templates): Candidate => ({
    templates,
    renderer: createRenderer(templates, environment),
  });
  let good = prepare(builtIn);
  let current = good;
  // Refused, and what came instead was refused as well: perhaps it was not the fault of the templates.
  let doubtful: { readonly candidate: Candidate; readonly isCertain: boolean } | null = null;
  // What the good templates made was refused, and nothing has served since: an object is at fault, whatever others make of it.
  let objectAtFault = false;
  const makers = new WeakMap<Generation, Candidate>();

  function reject(reason: string): void {
    current = good;
    onRejected(reason);
  }

  async function renderWith(candidate: Candidate, model: Model): Promise<Generation> {
    const generation = await candidate.renderer.render(model);
    makers.set(generation, candidate);
    return generation;
  }

  return {
    try(templates) {
      doubtful = null;
      current = templates === builtIn ? (good = prepare(builtIn)) : prepare(templates);
    },
    async render(model) {
      const candidate = current;
      if (candidate === good) return renderWith(good, model);
      try {
        assertComplete(candidate.templates, options, model);
        return await renderWith(candidate, model);
      } catch (error) {
        // When the others cannot do it either, this says nothing about the templates.
        const generation = await renderWith(good, model);
        if (current === candidate) reject(messageOf(error));
        return generation;
      }
    },
    refused(generation, reason) {
      const maker = makers.get(generation);
      if (maker === good) objectAtFault = true;
      if (maker === good && doubtful !== null) doubtful = { ...doubtful, isCertain: false };
      if (maker === undefined || maker === good) return false;
      // Others may have taken its place meanwhile, which say nothing yet.
      if (maker === current) {
        doubtful = { candidate: maker, isCertain: !objectAtFault };
        reject(reason);
      }
      return true;
    },
    proven(generation) {
      objectAtFault = false;
      const maker = makers.get(generation);
      if (maker !== undefined && maker === current && maker !== good) {
        good = maker;
        onAccepted();
      }
      if (maker !== good || doubtful === null || current !== good) return false;
      const { candidate, isCertain } = doubtful;
      doubtful = null;
      if (!isCertain) current = candidate;
      return !isCertain;
    },
  };
}

/** Directives without which nothing serves, as far as it matters what they say. */
const NEEDED: Readonly<Record<string, (args: readonly string[]) => string>> = {
  pid: (args) => args.join(' '),
  daemon: (args) => args.join(' '),
  load_module: (args) => args.join(' '),
  lua_package_path: (args) => args.join(' '),
  lua_shared_dict: ([name = '']) => name,
  init_by_lua_block: () => '',
  rewrite_by_lua_block: () => '',
  log_by_lua_block: () => '',
  upstream: (args) => args.join(' '),
  log_format: ([name = '']) => name,
};

/** @throws when the head lacks what the data plane relies on. */
function assertComplete(
  templates: Templates,
  { builtIn, environment }: TemplateChoiceOptions,
  model: Model,
): void {
  const view = headView(model, environment);
  const has = needsOf(templates['nginx.conf'](view));
  const missing = [...needsOf(builtIn['nginx.conf'](view))].filter((need) => !has.has(need));
  const [first, ...more] = missing;
  const others = more.length === 0 ? '' : ` and ${more.length} more`;
  if (first !== undefined)
    throw new Error(`nginx.conf.hbs lacks "${first}"${others}, without which nothing serves`);
}

function needsOf(head: string): ReadonlySet<string> {
  // The tail closes the block.
  const directives = parseConfig(`${head}}\n`);
  const all = [
    ...directives,
    ...directives.flatMap(({ name, block }) => (name === 'http' ? (block ?? []) : [])),
  ];
  return new Set(
    all.flatMap(({ name, args }) => {
      const said = NEEDED[name]?.(args);
      return said === undefined ? [] : [`${name} ${said}`.trim()];
    }),
  );
}
