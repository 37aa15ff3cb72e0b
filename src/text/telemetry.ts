/** Values of OpenTelemetry (compat/annotations.json and compat/configmap.md, "OpenTelemetry"). */
import { fail, ok } from '../lib/result.ts';
import { parseExpression } from './safe.ts';
import type { Expression } from './safe.ts';
import type { ValueType } from './values.ts';

/** Of an annotation, which has no variables. */
export const operationName: ValueType<Expression> = {
  name: 'letters, digits, "-", "_" and blanks',
  parse: (text) =>
    /^[A-Za-z0-9_ -]{1,200}$/.test(text)
      ? parseExpression(text)
      : fail(
          'is not a name of at most 200 letters, digits, "-", "_" and blanks; write for example "list-orders"',
        ),
};

/** Of the ConfigMap. */
export const operationNameWithVariables: ValueType<Expression | null> = {
  name: 'text with nginx variables, or empty',
  parse: (text) => {
    if (text === '') return ok(null);
    return /^[A-Za-z0-9 $_{}./:,()=|@*+-]{1,500}$/.test(text) &&
      !/[{}]/.test(text.replaceAll(/\$\{\w+\}/g, ''))
      ? parseExpression(text)
      : fail('holds other signs than names need; write for example "HTTP $request_method $uri"');
  },
};

/** What Lua gets as a literal. */
export const telemetryServiceName: ValueType<string> = {
  name: 'letters, digits, blanks and . : @ _ -',
  parse: (text) =>
    /^[A-Za-z0-9 .:@_-]{1,200}$/.test(text)
      ? ok(text)
      : fail('is not a name of at most 200 letters, digits, blanks and . : @ _ -; write for example "nginx"'),
};

/** A name or an address; null where spans go nowhere. */
export const collectorHost: ValueType<string | null> = {
  name: 'name or address of a host, or empty',
  parse: (text) => {
    if (text === '') return ok(null);
    const isName =
      /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?$/;
    if (isName.test(text) || /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/.test(text)) return ok(text);
    return fail('is not a host; write for example "otel-collector.observability.svc.cluster.local"');
  },
};

/** A share of all traces, to six digits. */
export const samplerRatio: ValueType<number> = {
  name: 'number from 0 to 1',
  parse: (text) => {
    const value = /^(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,3})?$/.test(text)
      ? Number(text)
      : Number.NaN;
    if (!(value >= 0 && value <= 1)) return fail('is not a number from 0 to 1; write for example "0.01"');
    return ok(Math.round(value * 1e6) / 1e6);
  },
};

/** Of a file that ingress-nginx would write. */
export const telemetryFile: ValueType<string> = {
  name: 'path',
  parse: (text) =>
    /^\/[A-Za-z0-9._/-]{1,1000}$/.test(text)
      ? ok(text)
      : fail('is not a path; write for example "/etc/nginx/otel.toml"'),
};
