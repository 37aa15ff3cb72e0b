import { Command } from 'commander';
import { expect } from 'chai';
import { addClientFlags, kubectlFlags, parseTimeout } from './client-flags.ts';
import type { ClientFlags } from './client-flags.ts';

function parse(...args: readonly string[]): ClientFlags {
  const command = new Command().exitOverride();
  addClientFlags(command);
  return command.parse([...args], { from: 'user' }).opts<ClientFlags>();
}

describe('flags of kubectl', () => {
  const cases: readonly (readonly [args: string, forwarded: string])[] = [
    ['', ''],
    ['--kubeconfig a --context b --cluster c --user d', '--kubeconfig=a --cluster=c --user=d --context=b'],
    ['-s https://x:1 --token t', '--token=t --server=https://x:1'],
    ['-n here', ''],
    ['--as me --as-group one --as-group two', '--as=me --as-group=one --as-group=two'],
    ['--as-uid 7 --as-user-extra a=b', '--as-uid=7 --as-user-extra=a=b'],
    ['--insecure-skip-tls-verify --disable-compression', '--insecure-skip-tls-verify --disable-compression'],
    ['--tls-server-name x --certificate-authority ca', '--tls-server-name=x --certificate-authority=ca'],
    [
      '--client-certificate c --client-key k --cache-dir d',
      '--cache-dir=d --client-certificate=c --client-key=k',
    ],
    ['--request-timeout 5s', '--request-timeout=5s'],
  ];
  for (const [args, forwarded] of cases)
    it(`hands "${args}" on as "${forwarded}"`, () => {
      expect(kubectlFlags(parse(...args.split(' ').filter((word) => word !== ''))).join(' ')).to.equal(
        forwarded,
      );
    });

  it('are 19', () => {
    const command = new Command();
    addClientFlags(command);
    expect(command.options).to.have.length(19);
  });
});

describe('time limit of requests', () => {
  for (const [text, milliseconds] of [
    ['0', 0],
    ['5', 5000],
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['1.5s', 1500],
    ['200ms', 200],
    ['1h', 3_600_000],
  ] as const)
    it(`is ${milliseconds} ms for ${text}`, () => {
      expect(parseTimeout(text)).to.equal(milliseconds);
    });

  for (const text of ['', 'x', '5 s', '-1', 's', '5sx'])
    it(`cannot be "${text}"`, () => {
      expect(() => parseTimeout(text)).to.throw('--request-timeout');
    });
});
