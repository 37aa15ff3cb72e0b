import type { LogFields, Logger } from '../lib/log.ts';
import { fieldText, quote, toJson } from './log-text.ts';

export type LogFormat = 'text' | 'json';

export interface LoggerOptions {
  readonly format: LogFormat;
  /** The value of `-v`: debug lines up to this level are printed. */
  readonly verbosity: number;
  /** Takes one line, with its newline at the end. */
  readonly write: (line: string) => void;
  /** Milliseconds since 1970; digits after the point give the microseconds. */
  readonly now: () => number;
  readonly pid: number;
}

/** A logger whose lines name a part of the program. */
export interface NamedLogger extends Logger {
  /** The same log with another name in its lines, such as `nginx` or `admission`. */
  named(component: string): NamedLogger;
}

type Level = 'debug' | 'info' | 'warn' | 'error';

interface Line {
  readonly level: Level;
  readonly component: string;
  readonly message: string;
  readonly fields: LogFields;
}

/**
 * The log of the whole program. `text` is the form of Kubernetes components (klog), `json` is one object a line. No value, wherever
 * it comes from, can end its line or send escape codes to a terminal; secrets are not recognised and must not be passed in.
 */
export function createLogger(options: LoggerOptions): NamedLogger {
  const print = options.format === 'json' ? jsonLine : textLine;
  return loggerFor('tidegate', options.verbosity, (line) => options.write(`${print(line, options)}\n`));
}

function loggerFor(component: string, verbosity: number, emit: (line: Line) => void): NamedLogger {
  const at =
    (level: Level) =>
    (message: string, fields: LogFields = {}): void =>
      emit({ level, component, message, fields });
  const debug = at('debug');
  return {
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    debug: (level, message, fields) => {
      if (level <= verbosity) debug(message, fields);
    },
    named: (other) => loggerFor(other, verbosity, emit),
  };
}

/** klog has no severity below info. */
const letters: Readonly<Record<Level, string>> = { debug: 'I', info: 'I', warn: 'W', error: 'E' };

/** `I1125 09:17:11.123456   12345 nginx.ts:0] "message" key="value"`, in local time as klog has it. */
function textLine(line: Line, { now, pid }: LoggerOptions): string {
  const head = `${letters[line.level]}${klogTime(now())} ${String(pid).padStart(7)} ${token(line.component)}.ts:0]`;
  const fields = Object.entries(line.fields).filter(([, value]) => value !== undefined);
  return [
    head,
    quote(line.message),
    ...fields.map(([key, value]) => `${token(key)}=${fieldText(value)}`),
  ].join(' ');
}

function klogTime(milliseconds: number): string {
  const microseconds = Math.floor(milliseconds * 1000);
  const date = new Date(Math.floor(microseconds / 1000));
  const day = two(date.getMonth() + 1) + two(date.getDate());
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  // The remainder is taken twice because it is negative before 1970.
  const fraction = ((microseconds % 1_000_000) + 1_000_000) % 1_000_000;
  return `${day} ${time}.${String(fraction).padStart(6, '0')}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** Names stand unquoted, so whatever would blur where they end is replaced. */
function token(name: string): string {
  return name.replace(/[^\w.\-/]/g, '_') || '_';
}

const own: readonly string[] = ['ts', 'level', 'msg', 'component'];

/** `{"ts":"2026-01-31T09:17:11.123Z","level":"info","msg":"...","component":"...",...fields}` */
function jsonLine(line: Line, { now }: LoggerOptions): string {
  const head = {
    ts: new Date(now()).toISOString(),
    level: line.level,
    msg: line.message,
    component: line.component,
  };
  const entries = Object.entries(line.fields)
    .filter(([, value]) => value !== undefined)
    // Each value is made JSON by itself so that one that cannot be printed does not cost the others.
    .map(([key, value]) => `,${toJson(own.includes(key) ? `${key}_` : key)}:${toJson(value)}`);
  return `${toJson(head).slice(0, -1)}${entries.join('')}}`;
}
