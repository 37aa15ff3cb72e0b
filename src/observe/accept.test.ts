import { expect } from 'chai';
import { PROTOBUF, prefersProtobuf } from './accept.ts';

const OURS =
  'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited' as const;

describe('the form of metrics', () => {
  const cases: readonly (readonly [what: string, accept: string, protobuf: boolean])[] = [
    ['nothing', '', false],
    ['what is sent', PROTOBUF, true],
    ['the text', 'text/plain;version=0.0.4', false],
    ['anything', '*/*', false],
    ['an unknown form', 'application/openmetrics-text;version=1.0.0', false],
    [
      'what Prometheus with native histograms asks for',
      `${OURS},application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`,
      true,
    ],
    [
      'what Prometheus 3 asks for with them',
      `${OURS};escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,*/*;q=0.2`,
      true,
    ],
    ['more weight for the text', `${OURS};q=0.5,text/plain;q=0.7`, false],
    ['more weight for anything', `${OURS};q=0.5,*/*`, false],
    ['the text as first of equals', `text/plain,${OURS}`, false],
    ['protobuf as first of equals', `${OURS};q=0.3,text/plain;q=0.3`, true],
    ['no protobuf', `${OURS};q=0`, false],
    ['a weight that is none', `${OURS};q=x,text/plain;q=0.9`, true],
    [
      'other cases, quotes and spaces',
      OURS.replace('app', 'App').replace('=delimited', ' = "delimited"'),
      true,
    ],
    ['protobuf of other messages', OURS.replace('MetricFamily', 'Metric'), false],
    ['protobuf as text', OURS.replace('delimited', 'text'), false],
    ['protobuf of anything', 'application/vnd.google.protobuf', false],
  ];
  for (const [what, accept, protobuf] of cases)
    it(`is ${protobuf ? 'protobuf' : 'text'} for ${what}`, () =>
      expect(prefersProtobuf(accept)).to.equal(protobuf));
});
