import { expect } from 'chai';
import {
  collectorHost,
  operationName,
  operationNameWithVariables,
  samplerRatio,
  telemetryFile,
  telemetryServiceName,
} from './telemetry.ts';
import type { ValueType } from './values.ts';

const good: readonly (readonly [type: ValueType<unknown>, text: string, value: unknown])[] = [
  [operationName, 'list orders', 'list orders'],
  [operationName, 'A-1_b', 'A-1_b'],
  [operationNameWithVariables, '', null],
  [operationNameWithVariables, 'HTTP $request_method ${uri}', 'HTTP $request_method ${uri}'],
  [telemetryServiceName, 'edge 1', 'edge 1'],
  [collectorHost, '', null],
  [
    collectorHost,
    'otel-collector.observability.svc.cluster.local.',
    'otel-collector.observability.svc.cluster.local.',
  ],
  [collectorHost, '10.0.0.1', '10.0.0.1'],
  [collectorHost, 'fd00::1', 'fd00::1'],
  [samplerRatio, '0', 0],
  [samplerRatio, '1', 1],
  [samplerRatio, '.25', 0.25],
  [samplerRatio, '1e-3', 0.001],
  [samplerRatio, '1e-9', 0],
  [telemetryFile, '/a/b.toml', '/a/b.toml'],
];

const bad: readonly (readonly [type: ValueType<unknown>, text: string])[] = [
  [operationName, 'a/b'],
  [operationName, '$uri'],
  [operationName, 'x'.repeat(201)],
  [operationNameWithVariables, '$nobody'],
  [operationNameWithVariables, 'a;b'],
  [operationNameWithVariables, '{uri}'],
  [telemetryServiceName, ''],
  [telemetryServiceName, 'a"b'],
  [collectorHost, 'http://a'],
  [collectorHost, 'a b'],
  [collectorHost, '-a'],
  [collectorHost, 'a..b'],
  [samplerRatio, ''],
  [samplerRatio, '1.1'],
  [samplerRatio, '-0.1'],
  [samplerRatio, 'NaN'],
  [samplerRatio, '0x1'],
  [telemetryFile, 'a'],
  [telemetryFile, '/a b'],
];

describe('values of OpenTelemetry', () => {
  for (const [type, text, value] of good) {
    it(`"${text}" is a ${type.name}`, () => {
      expect(type.parse(text)).to.deep.equal({ ok: true, value });
    });
  }
  for (const [type, text] of bad) {
    it(`"${text.slice(0, 20)}" is no ${type.name}`, () => {
      expect(type.parse(text)).to.have.property('ok', false);
    });
  }
});
