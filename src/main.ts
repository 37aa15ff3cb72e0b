/** Flags in, app built, run until a signal, exit code; nothing else. */
import { execa } from 'execa';
import { close as closeDebugger } from 'node:inspector';
import { join } from 'node:path';
import { startApp } from './app.ts';
import type { App } from './app.ts';
import { convert } from './cli/convert.ts';
import { explain } from './cli/explain.ts';
import { lint } from './cli/lint.ts';
import { migrate } from './cli/migrate.ts';
import { render } from './cli/render.ts';
import { parseFlags } from './config/flags/parse.ts';
import type { ParsedFlags } from './config/flags/parse.ts';
import { banner, usage } from './config/flags/usage.ts';
import { validate } from './config/flags/validate.ts';
import { findPlace } from './config/place.ts';
import { build } from './config/version.ts';
import { messageOf } from './lib/errors.ts';
import { unlessLate } from './lib/within.ts';
import { createLogger } from './observe/log.ts';
import type { NamedLogger } from './observe/log.ts';
import { exitCodes } from './cli/exit-codes.ts';
import { exitNow, exitSoon } from './setup/exit.ts';
import { pauseAfterStop, pauseBeforeStop } from './setup/grace.ts';

const tools = { render, lint, migrate } as const;
/** Milliseconds in which signals count as one. */
const ECHO = 500;
/** Milliseconds that a start may go on when it is to be given up. nginx does not run before its end. */
const LONGEST_START = 10_000;
const root = join(import.meta.dirname, '..');

// Whoever read what is written has gone. That is no reason to end sites, and to tell it would only fail again, without end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
// Sockets that others keep open must not keep the process alive.
await exitSoon(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === 'convert')
    return guarded('convert', () => convert(args.slice(1), (text) => process.stdout.write(text)));
  if (args[0] === 'explain')
    return guarded('explain', async () => explain(args.slice(1), (text) => process.stdout.write(text)));
  const parsed = parseFlags(args);
  const command = parsed.kind === 'ok' ? parsed.words[0] : undefined;
  if (command !== undefined && Object.hasOwn(tools, command))
    return runTool(command as keyof typeof tools, parsed as ParsedFlags);
  process.stdout.write(`${banner(await buildFacts())}\n`);
  switch (parsed.kind) {
    case 'help':
      process.stdout.write(usage());
      return exitCodes.success;
    case 'error':
      process.stderr.write(`${parsed.message}\n${usage()}`);
      return exitCodes.usage;
    case 'ok':
      return parsed.options.version ? exitCodes.success : run(parsed);
  }
}

async function buildFacts() {
  const binary = process.env['NGINX_BINARY'] ?? 'nginx';
  const output = await execa(binary, ['-v'], { reject: false, all: true });
  return { ...build, nginxVersion: /nginx version: (.*)/.exec(output.all ?? '')?.[1] ?? 'N/A' };
}

function runTool(command: keyof typeof tools, { options, given }: ParsedFlags): Promise<number> {
  const tool = tools[command];
  const write = (text: string) => process.stdout.write(text);
  return guarded(command, () => tool({ options, given, place: findPlace(root), write }));
}

/** A message instead of a stack for what the user can put right. */
async function guarded(command: string, action: () => Promise<number>): Promise<number> {
  try {
    return await action();
  } catch (error) {
    process.stderr.write(`tidegate ${command}: ${messageOf(error)}\n`);
    return exitCodes.fatal;
  }
}

async function run(parsed: ParsedFlags): Promise<number> {
  const { options, errors, warnings } = validate(parsed.options);
  const log = createLogger({
    format: options.logFormat,
    verbosity: options.v,
    write: (line) => process.stderr.write(line),
    now: () => performance.timeOrigin + performance.now(),
    pid: process.pid,
  });
  if (errors.length > 0) {
    for (const message of errors) log.error(message);
    return exitCodes.fatal;
  }
  for (const message of warnings) log.warn(message);
  return serve({ ...parsed, options }, log);
}

async function serve({ options, given }: ParsedFlags, log: NamedLogger): Promise<number> {
  const end = Promise.withResolvers<{ readonly code: number; readonly signal: NodeJS.Signals | null }>();
  const stop = new AbortController();
  let hurried: number = exitCodes.interrupted;
  let first = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    if (stop.signal.aborted) {
      // An init process that was signalled too hands the same signal on.
      if (performance.now() - first < ECHO) return;
      // The second one means: now. kubelet sends it when /wait-shutdown has seen nginx end.
      exitNow(hurried);
    }
    first = performance.now();
    stop.abort();
    log.info('Received signal, shutting down', { signal });
    end.resolve({ code: exitCodes.success, signal });
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  process.on('uncaughtException', (error) => {
    log.error('fault in the controller', { reason: messageOf(error), stack: error.stack });
    end.resolve({ code: exitCodes.fatal, signal: null });
  });
  const onFatal = (error: unknown) => {
    log.error('the controller cannot go on', { reason: messageOf(error) });
    end.resolve({ code: exitCodes.fatal, signal: null });
  };
  let app: App | null = null;
  onRotation(() => {
    log.info('Received signal, log files are opened anew', { signal: 'SIGUSR1' });
    app?.reopenLogs();
  });
  try {
    const onReady = () =>
      log.info('Ready: the configuration serves', { http: options.httpPort, https: options.httpsPort });
    const { signal } = stop;
    const starting = startApp({ options, given, place: findPlace(root), log, signal, onReady, onFatal });
    app = await unlessLate(starting, signal, LONGEST_START);
  } catch (error) {
    if (stop.signal.aborted) {
      log.info('Stopped before it had started');
      return exitCodes.success;
    }
    log.error('the controller cannot start', { reason: messageOf(error) });
    return exitCodes.fatal;
  }
  const asked = await end.promise;
  const { signal } = asked;
  if (signal === 'SIGTERM') await app.drain();
  await pauseBeforeStop({ options, given }, { signal, successor: app.successor });
  const code = await stopped(app, asked, log);
  hurried = code;
  await pauseAfterStop({ options, given }, signal);
  log.info('Stopped', { code });
  return code;
}

/** Log rotation sends SIGUSR1, to the controller as to nginx itself; Node would open its debugger. */
function onRotation(reopen: () => void): void {
  process.on('SIGUSR1', reopen);
  // For a signal that came before.
  if (!process.execArgv.some((word) => word.startsWith('--inspect'))) closeDebugger();
}

/** Stops whatever happens: nobody but us would end a process that has only part of itself left. */
async function stopped(
  app: App,
  { code, signal }: { readonly code: number; readonly signal: NodeJS.Signals | null },
  log: NamedLogger,
): Promise<number> {
  try {
    await app.stop(signal === 'SIGTERM' ? 'graceful' : 'hurry');
    return code;
  } catch (error) {
    log.error('the controller cannot stop in order; it ends at once', { reason: messageOf(error) });
    return exitCodes.fatal;
  }
}
