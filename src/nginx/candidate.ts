/** `nginx -t` on what one object of a stranger would add, in a sandbox and a folder of its own, for the admission webhook. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Experience } from '../model/experience.ts';
import type { Model, Server } from '../model/model.ts';
import { describeFailure } from './check.ts';
import type { Environment } from './environment.ts';
import { createRenderer } from './files.ts';
import { configOf, serverAt, sizeOf } from './generation.ts';
import type { Generation } from './generation.ts';
import { layoutOf } from './layout.ts';
import { locationsAt } from './owners.ts';
import type { Sandbox } from './sandbox.ts';
import type { Templates } from './templates.ts';
import { withoutPlaces } from './words.ts';

export interface CandidateOptions {
  readonly environment: Environment;
  readonly binary: string;
  readonly templates: Templates;
  readonly sandbox: Pick<Sandbox, 'run'>;
  readonly experience: Experience;
  readonly log: Logger;
  /** Whether snippets may hold Lua, so that nginx must know its directives. Default: they may not. */
  readonly lua?: 'known' | 'unknown';
}

/**
 * Resolves to null when nginx takes it, else to what it says, with the host and path that it speaks of.
 * @param rendered told the bytes of the file.
 */
export type CandidateCheck = (model: Model, rendered?: (bytes: number) => void) => Promise<string | null>;

export function createCandidateCheck(options: CandidateOptions): CandidateCheck {
  const environment = checkEnvironment(options.environment, options.lua);
  const { experience } = options;
  return async (model, rendered) => {
    if (model.servers.length === 0 && model.stream.snippets.length === 0) return null;
    let generation: Generation;
    try {
      generation = await createRenderer(options.templates, environment).render({
        ...model,
        servers: model.servers.flatMap(inParts),
      });
    } catch (error) {
      return `nginx cannot be told this: ${messageOf(error)}`;
    }
    rendered?.(sizeOf(generation));
    if (model.stream.snippets.length === 0 && experience.covers(model)) return null;
    const found = await test(generation, options);
    if (found === 'taken') experience.learn(model.servers, model.http.settings);
    return found === 'taken' || found === 'unknown' ? null : found.refusal;
  };
}

/** The time that nginx takes for one server grows with the square of its locations. */
const MAX_LOCATIONS = 300;

/** Servers of the same name: nginx reads them all, and no two locations of a server are alike. */
function inParts(server: Server): readonly Server[] {
  const parts = Math.ceil(server.locations.length / MAX_LOCATIONS);
  if (parts === 1) return [server];
  return Array.from({ length: parts }, (_, index) => ({
    ...server,
    locations: server.locations.slice(index * MAX_LOCATIONS, (index + 1) * MAX_LOCATIONS),
  }));
}

/** Whose directives are checked, too. */
const CHECKED_MODULE = /headers_more_filter_module\.so$/;
/** Only where snippets may name its directives; none of those that a server or location may have runs in a check. */
const LUA_MODULES = /\/(?:ndk_http_module|ngx_http_lua_module)\.so$/;

/** The same nginx without the Lua of ours, and every file and socket in the folder that it is started in. */
export function checkEnvironment(
  environment: Environment,
  lua: 'known' | 'unknown' = 'unknown',
): Environment {
  const layout = layoutOf('.');
  return {
    ...environment,
    purpose: 'check',
    features: {
      ...environment.features,
      modules: environment.features.modules.filter(
        (path) => CHECKED_MODULE.test(path) || (lua === 'known' && LUA_MODULES.test(path)),
      ),
    },
    layout: {
      ...layout,
      declarationsSocket: 'check.sock',
      accessLog: '/dev/null',
      temp: {
        clientBody: 'body',
        proxy: 'proxy',
        fastcgi: 'fastcgi',
        uwsgi: 'uwsgi',
        scgi: 'scgi',
        authCache: 'auth',
      },
    },
    ports: { ...environment.ports, defaultServer: null },
    // Otherwise nginx gives its folders to another user as soon as it believes to be root, and fails where it is not.
    user: 'root',
    ipv6: false,
    passthrough: false,
  };
}

const FILE = 'nginx.conf';
const SOCKETS = /^\[emerg\] (?:bind|listen|socket)\(\) /;
const EXCEEDED =
  'nginx did not finish the check within its limits of time and memory; write a smaller object, or try again';

/** `unknown`: nginx could not be asked. */
type Answer = 'taken' | 'unknown' | { readonly refusal: string };

async function test(
  generation: Generation,
  { binary, environment, sandbox, log }: CandidateOptions,
): Promise<Answer> {
  const { checkDir } = environment.layout;
  await mkdir(checkDir, { recursive: true });
  const folder = await mkdtemp(join(checkDir, 'candidate-'));
  try {
    await writeFile(join(folder, FILE), configOf(generation), { mode: 0o600 });
    const arguments_ = ['-t', '-q', '-p', './', '-e', 'stderr', '-c', FILE];
    const { code, output, exceeded } = await sandbox.run([binary, ...arguments_], folder);
    if (code === 0) return 'taken';
    if (exceeded) return { refusal: EXCEEDED };
    const failure = describeFailure(output, `./${FILE}`);
    // It has read the whole file by then, and what a snippet may listen on cannot be tried here.
    if (SOCKETS.test(failure.message)) return 'taken';
    if (!/\[(?:emerg|alert|crit)\]/.test(failure.message)) {
      // Nobody's object is at fault, and nobody shall be stopped by it: the sync checks once more.
      log.error('nginx could not be asked about a candidate, which is accepted', { code, reason: output });
      return 'unknown';
    }
    const message = scrub(failure.message, [folder, environment.layout.dataDir]);
    return {
      refusal: `nginx would refuse the configuration${placeOf(generation, failure.line)}: ${message}`,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What nginx says goes to whoever wrote the object, who has no use for places on this machine. */
function scrub(message: string, folders: readonly string[]): string {
  return withoutPlaces(folders.reduce((text, folder) => text.replaceAll(folder, '…'), message));
}

/** ` for host "a.example.com" and path "/x"`, as far as the line tells. */
function placeOf(generation: Generation, line: number | null): string {
  // What nginx finds out at the end of the file has no place.
  const owner = line === null ? null : serverAt(generation, line);
  if (owner === null || line === null) return '';
  const path = locationsAt(generation, owner, line)[0]?.route.path ?? '';
  const host = `for host "${owner.server.host}"`;
  return path === '' ? ` ${host}` : ` ${host} and path "${path}"`;
}
