import { expect } from 'chai';
import { flagNames } from './table.ts';
import { banner, usage } from './usage.ts';

describe('usage', () => {
  const text = usage();

  it('names every flag once at the head of an entry', () => {
    const heads = text.split('\n').flatMap((line) => /^ {2}(?:-\w, | {4})--(\S+)/.exec(line)?.[1] ?? []);
    expect(heads.toSorted()).to.deep.equal([...flagNames, 'help'].toSorted());
  });

  it('keeps within 100 columns and ends with one newline', () => {
    expect(text.split('\n').filter((line) => line.length > 100)).to.deep.equal([]);
    expect(text).to.match(/[^\n]\n$/);
  });

  for (const part of [
    /--election-ttl duration\n +How long .* \(default 30s\)/s,
    /--log-format text\|json\n/,
    /--time-buckets floats\n/,
    /--profiling\n +Open the profiler port,[^]*?\(default true\)/,
    /-v, --v int\n/,
    /-h, --help\n/,
  ]) {
    it(`says ${part.source}`, () => expect(text).to.match(part));
  }
});

describe('banner', () => {
  it('has rules, release, build, repository and nginx version', () => {
    const facts = {
      version: 'v1.2.3',
      build: 'abc',
      repository: 'https://x.test/y',
      nginxVersion: 'nginx version: nginx/1.28.0\n',
    };
    expect(banner(facts).split('\n')).to.deep.equal([
      '-'.repeat(79),
      'Tidegate, the ingress controller for Kubernetes with nginx',
      '  Release:       v1.2.3',
      '  Build:         abc',
      '  Repository:    https://x.test/y',
      '  nginx version: nginx/1.28.0',
      '-'.repeat(79),
      '',
    ]);
  });
});
