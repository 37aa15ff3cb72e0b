import { expect } from 'chai';
import * as fc from 'fast-check';
import { defaultOptions, nearestFlag, parseFlags, type ParsedFlags } from './parse.ts';
import { flagNames, type Options } from './table.ts';

function parsed(...args: readonly string[]): ParsedFlags {
  const result = parseFlags(args);
  if (result.kind !== 'ok') throw new Error(result.kind === 'error' ? result.message : result.kind);
  return result;
}

describe('command line', () => {
  const good: readonly (readonly [
    args: readonly string[],
    change: Partial<Options>,
    words?: readonly string[],
  ])[] = [
    [[], {}],
    [['--http-port=8080'], { httpPort: 8080 }],
    [['--http-port', '8080'], { httpPort: 8080 }],
    [['--http-port=0x1F90'], { httpPort: 8080 }],
    [['--http-port=1', '--http-port=2'], { httpPort: 2 }],
    [['--configmap='], { configmap: '' }],
    [['--configmap=a/b=c'], { configmap: 'a/b=c' }],
    [['--configmap', '--http-port'], { configmap: '--http-port' }],
    [['--profiling=false'], { profiling: false }],
    [['--profiling=F'], { profiling: false }],
    [['--disable-catch-all', 'false'], { disableCatchAll: true }, ['false']],
    [['-v=5'], { v: 5 }],
    [['-v', '5'], { v: 5 }],
    [['-v5'], { v: 5 }],
    [['--v=5'], { v: 5 }],
    [['--v', '5'], { v: 5 }],
    [['--log_file_max_size=10'], { logFileMaxSize: 10 }],
    [['--election-ttl=1m30s'], { electionTtl: 90_000 }],
    [['--time-buckets=1,2', '--time-buckets=3'], { timeBuckets: [1, 2, 3] }],
    [
      ['--exclude-socket-metrics=a,b', '--exclude-socket-metrics', 'c'],
      { excludeSocketMetrics: ['a', 'b', 'c'] },
    ],
    [['--manifests=a,b', '--manifests', 'c'], { manifests: ['a,b', 'c'] }],
    [['--log-format=json'], { logFormat: 'json' }],
    [
      ['/nginx-ingress-controller', '--http-port=81', 'render'],
      { httpPort: 81 },
      ['/nginx-ingress-controller', 'render'],
    ],
    [['--', '--http-port=81', '--nonsense'], {}, ['--http-port=81', '--nonsense']],
    [['-', ''], {}, ['-', '']],
  ];
  for (const [args, change, words = []] of good) {
    it(`reads ${JSON.stringify(args.join(' '))}`, () => {
      const result = parsed(...args);
      expect(result.options).to.deep.equal({ ...defaultOptions(), ...change });
      expect(result.words).to.deep.equal(words);
    });
  }

  it('tells which flags were given, whatever their value', () => {
    const { given } = parsed('--http-port=80', '-v', '0', '--profiling');
    expect([...given]).to.deep.equal(['http-port', 'v', 'profiling']);
  });

  const bad: readonly (readonly [args: readonly string[], message: string | RegExp])[] = [
    [['--nonsense-flag'], 'unknown flag: --nonsense-flag'],
    [['--http-prot=1'], 'unknown flag: --http-prot (did you mean --http-port?)'],
    [['--log-file=x'], 'unknown flag: --log-file (did you mean --log_file?)'],
    [['--no-profiling'], /^unknown flag: --no-profiling \(did you mean --profiling\?\)$/],
    [['--http-port'], 'flag needs an argument: --http-port (write --http-port=VALUE)'],
    [['-v'], "flag needs an argument: 'v' in -v (write -v=NUMBER)"],
    [['-v='], /^invalid argument "=" for "-v, --v" flag: it is not a whole number/],
    [
      ['--http-port=http'],
      'invalid argument "http" for "--http-port" flag: it is not a whole number; write one such as 10',
    ],
    [['--profiling=maybe'], 'invalid argument "maybe" for "--profiling" flag: write true or false'],
    [
      ['--election-ttl=10'],
      /^invalid argument "10" for "--election-ttl" flag: the unit is missing; write .*30s/,
    ],
    [['---v'], 'bad flag syntax: ---v (write --name or --name=value)'],
    [['--=1'], 'bad flag syntax: --=1 (write --name or --name=value)'],
    [['-configmap=a/b'], "unknown shorthand flag: 'c' in -configmap=a/b (write --configmap with two dashes)"],
    [['-x'], "unknown shorthand flag: 'x' in -x"],
    [['--nonsense', '--help'], 'unknown flag: --nonsense'],
  ];
  for (const [args, message] of bad) {
    it(`refuses ${JSON.stringify(args.join(' '))}`, () => {
      const result = parseFlags(args);
      expect(result.kind).to.equal('error');
      const text = result.kind === 'error' ? result.message : '';
      if (typeof message === 'string') expect(text.startsWith(message)).to.equal(true, text);
      else expect(text).to.match(message);
    });
  }

  for (const args of [
    ['--help'],
    ['-h'],
    ['--help=false'],
    ['--http-port=1', '-h', '--nonsense'],
    ['-http-port=1'],
  ]) {
    it(`asks for help with ${JSON.stringify(args.join(' '))}`, () => {
      expect(parseFlags(args)).to.deep.equal({ kind: 'help' });
    });
  }

  it('finds near names only', () => {
    expect(nearestFlag('ingres-class')).to.equal('ingress-class');
    expect(nearestFlag('verbose')).to.equal(undefined);
    expect(nearestFlag('x'.repeat(10_000))).to.equal(undefined);
  });

  it('never throws and never invents an option', () => {
    const names = Object.keys(defaultOptions());
    const arg = fc.oneof(
      fc.string(),
      fc.constantFrom(...flagNames).map((name) => `--${name}`),
      fc.string().map((s) => `--${s}`),
    );
    fc.assert(
      fc.property(fc.array(arg), (args) => {
        const result = parseFlags(args);
        if (result.kind === 'ok') expect(Object.keys(result.options)).to.deep.equal(names);
      }),
    );
  });
});
