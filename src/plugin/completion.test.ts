import { execFileSync } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';
import { makeScript } from '../testing/builders/script.ts';
import { startFakeApi } from '../testing/fake-api/server.ts';
import type { FakeApi } from '../testing/fake-api/server.ts';
import type { FakeObject } from '../testing/fake-api/store.ts';
import { ingress, service } from '../testing/harness/objects.ts';
import { completionScript, SHELLS } from './completion-scripts.ts';
import { runPlugin } from './program.ts';

const NAMESPACE = 'ingress-nginx';

const KUBECTL = `
[ -n "$KUBECTL_SLEEPS" ] && exec sleep 30
case "$*" in
*"/dbg conf") printf '## start server _\\n## end server _\\n\\t## start server shop.test\\n## start server *.wild.test\\n' ;;
*"/dbg backends list") printf 'default-cart-80\\ndefault-web-80\\n' ;;
*) exit 1 ;;
esac
`;

const KUBECONFIG = {
  contexts: ['arn:aws:one', 'arn:aws:two'].map((name) => ({ name, context: { cluster: 'big', user: 'me' } })),
  clusters: [{ name: 'big', cluster: { server: 'http://127.0.0.1:1' } }],
  users: [{ name: 'me', user: { token: 't' } }],
};

function object(apiVersion: string, kind: string, name: string, rest: object = {}): FakeObject {
  const namespace = kind === 'Namespace' ? {} : { namespace: NAMESPACE };
  return { apiVersion, kind, metadata: { name, ...namespace, ...rest } } as FakeObject;
}

describe('completion of kubectl ingress-nginx', () => {
  let folder: Folder;
  let api: FakeApi;
  before(async () => {
    folder = await makeFolder();
    await makeScript(folder, 'kubectl', KUBECTL);
    await writeFile(folder.file('config'), JSON.stringify(KUBECONFIG));
    api = await startFakeApi();
    const owner = { kind: 'ReplicaSet', name: 'ingress-nginx-controller-5f4', uid: 'u', controller: true };
    for (const each of [
      object('v1', 'Pod', 'controller-1', { ownerReferences: [{ apiVersion: 'apps/v1', ...owner }] }),
      object('apps/v1', 'Deployment', 'ingress-nginx-controller'),
      object('apps/v1', 'DaemonSet', 'ingress-nginx-daemon'),
      service('front', {}, { namespace: NAMESPACE }),
      ingress('shop', { rules: { 'shop.test': 'web', 'old.test': 'web' }, namespace: NAMESPACE }),
      ingress('else', { rules: { 'else.test': 'web' }, namespace: 'default' }),
    ])
      api.create(each);
  });
  after(async () => {
    await api.close();
    await folder.remove();
  });

  async function ask(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
    let [out, err] = ['', ''];
    const path = `${folder.path}:${process.env['PATH']}`;
    const code = await runPlugin(['__complete', ...words], {
      env: { PATH: path, KUBECONFIG: folder.file('config'), ...env },
      out: (text) => (out += text),
      err: (text) => (err += text),
    });
    const lines = out.split('\n');
    expect({ code, err, end: lines.pop() }).to.deep.equal({ code: 0, err: '', end: '' });
    const directive = lines.pop();
    return { candidates: lines.map((line) => line.split('\t')[0]), directive, lines };
  }

  const cases: readonly (readonly [words: string, candidates: string, directive?: string])[] = [
    ['c', 'certs completion conf'],
    ['qu', 'quarantine'],
    ['help ce', 'certs'],
    ['-n x --as=me c', 'certs completion conf'],
    ['--as c c', 'certs completion conf'],
    ['lint ', 'ingresses deployments'],
    ['lint d', 'deployments'],
    ['ing ', ''],
    ['nothing ', ''],
    ['completion ', 'bash zsh fish powershell'],
    ['completion bash ', ''],
    ['completion z', 'zsh'],
    ['certs ', '--host'],
    ['certs --host=x ', ''],
    ['conf --ho', '--host'],
    ['conf --host x --ho', ''],
    ['--as-g', '--as-group'],
    ['--as-group dev --as-g', '--as-group'],
    ['logs -', 'many'],
    ['logs -f --fo', ''],
    ['lint ingresses --from', '--from-version'],
    ['exec -- --ho', ''],
    ['exec -it -- l', ''],
    ['conf --nothing=', ''],
    ['conf --list=', ''],
    ['--kubeconfig ', '', ':0'],
    ['--kubeconfig=a', '', ':0'],
    ['--cache-dir ', '', ':16'],
    ['', 'many'],
  ];
  for (const [words, expected, directive = ':4'] of cases)
    it(`knows what may follow "${words}"`, async () => {
      const answer = await ask(words.split(' '));
      expect(answer.directive).to.equal(directive);
      if (expected === 'many') expect(answer.candidates).to.have.length.above(10);
      else expect(answer.candidates.join(' ')).to.equal(expected);
    });

  it('says what a candidate is', async () => {
    expect((await ask(['conf', '--ho'])).lines).to.deep.equal(['--host\tonly the server of this host']);
    expect((await ask(['ce'])).lines).to.deep.equal(['certs\tshows the certificate of a host']);
  });

  const known: readonly (readonly [words: string, candidates: string])[] = [
    ['conf --pod ', 'controller-1'],
    ['conf --deployment ingress-nginx-', 'ingress-nginx-controller ingress-nginx-daemon'],
    ['info --service f', 'front'],
    ['conf --host ', '*.wild.test shop.test'],
    ['conf --host=s', 'shop.test'],
    ['certs --host s', 'shop.test'],
    ['explain s', 'shop.test'],
    ['explain shop.test ', ''],
    ['ingresses --host ', 'old.test shop.test'],
    ['ing --all-namespaces --host ', 'else.test old.test shop.test'],
    ['ing -ndefault --host ', 'else.test'],
    ['backends --backend default-c', 'default-cart-80'],
    ['backends --deployment none --backend ', ''],
    ['backends --pod controller-1 --backend default-w', 'default-web-80'],
  ];
  for (const [words, expected] of known)
    it(`asks the cluster or the controller for "${words}"`, async () => {
      const { candidates, directive } = await ask(['-s', api.url, '-n', NAMESPACE, ...words.split(' ')]);
      expect({ candidates: candidates.join(' '), directive }).to.deep.equal({
        candidates: expected,
        directive: ':4',
      });
    });

  it('asks the kubeconfig', async () => {
    expect((await ask(['--context', ''])).candidates).to.deep.equal(['arn:aws:one', 'arn:aws:two']);
    expect((await ask(['--cluster', ''])).candidates).to.deep.equal(['big']);
    expect((await ask(['conf', '--user', 'm'])).candidates).to.deep.equal(['me']);
    expect((await ask(['--kubeconfig', '/none', '--context', ''])).candidates).to.deep.equal([]);
  });

  it('gives nothing, and soon, when nobody answers', async () => {
    const answer = ['-s', api.url, '-n', NAMESPACE, '--request-timeout', '300ms', 'conf', '--host', ''];
    expect((await ask(answer, { KUBECTL_SLEEPS: 'yes' })).candidates).to.deep.equal([]);
    expect((await ask(['-s', 'http://127.0.0.1:1', 'conf', '--pod', ''])).candidates).to.deep.equal([]);
  }).timeout(5000);

  describe('in a shell', () => {
    // What was asked stands in a file; the answer is made from the last word.
    const PLUGIN = `
shift; printf '%s\\n' "$@" > "$0.asked"
while [ $# -gt 1 ]; do shift; done
case "$1" in
"") printf 'certs\\tshows: it\\nconf\\n:4\\n' ;;
co) printf 'conf\\tshows it\\n:4\\n' ;;
--host=* | "*.") printf '*.wild.test\\n:4\\n' ;;
arn*) printf 'arn:aws:one\\narn:aws:two\\n:4\\n' ;;
fi*) echo :0 ;;
di*) echo :16 ;;
fail) exit 1 ;;
*) echo :4 ;;
esac
`;
    before(async () => {
      await chmod(await makeScript(folder, 'kubectl-ingress_nginx', PLUGIN), 0o755);
      for (const shell of SHELLS) await writeFile(folder.file(`script.${shell}`), completionScript(shell));
      await writeFile(folder.file('file-a'), '');
      execFileSync('mkdir', [folder.file('dir-a')]);
    });

    const asked = () =>
      execFileSync('cat', [folder.file('kubectl-ingress_nginx.asked')], { encoding: 'utf8' });
    const env = () => ({ PATH: `${folder.path}:${process.env['PATH']}`, HOME: folder.path, TERM: 'dumb' });
    function shell(program: string, ...args: readonly string[]): string {
      const options = { encoding: 'utf8', cwd: folder.path, env: env(), timeout: 60_000 } as const;
      return execFileSync(program, args, options);
    }

    const bashCases: readonly (readonly [words: string, reply: string, asked: string])[] = [
      ['co', 'conf', 'co'],
      ["''", 'certs conf', ''],
      ["conf --host = ''", '\\*.wild.test', 'conf|--host='],
      ['conf --host =', '\\*.wild.test', 'conf|--host='],
      ['conf --host = sh', '\\*.wild.test', 'conf|--host=sh'],
      ["'\\*.'", '\\*.wild.test', '*.'],
      ['--context arn : aws : o', 'one two', '--context|arn:aws:o'],
      ['fi', 'file-a', 'fi'],
      ['di', 'dir-a', 'di'],
      ['no', '', 'no'],
      ['fail', '', 'fail'],
    ];
    for (const [words, reply, question] of bashCases)
      it(`bash completes ${words}`, () => {
        const out = shell(
          'bash',
          '--norc',
          '-uc',
          `source script.bash
           [[ $(complete -p kubectl-ingress_nginx) == *'-F _kubectl_ingress_nginx'* ]] || exit 1
           COMP_WORDS=(kubectl-ingress_nginx ${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
           _kubectl_ingress_nginx; echo "\${COMPREPLY[*]-}"`,
        );
        expect(out).to.equal(`${reply}\n`);
        expect(asked().trimEnd().split('\n').join('|')).to.equal(question);
      });

    for (const [line, reply, question] of [
      ['co', 'conf\tshows it', 'co'],
      ['', 'certs\tshows: it\nconf', ''],
      ['conf --host=', '--host=*.wild.test', 'conf|--host='],
      ['--context arn:', 'arn:aws:one\narn:aws:two', '--context|arn:'],
      ['fi', 'file-a', 'fi'],
      ['di', 'dir-a/\tDirectory', 'di'],
      ['no', '', 'no'],
    ] as const)
      it(`fish completes "${line}"`, () => {
        const out = shell(
          'fish',
          '--no-config',
          '-c',
          `source script.fish; complete --do-complete 'kubectl-ingress_nginx ${line}'`,
        );
        expect(out.trim()).to.equal(reply);
        expect(asked().trimEnd().split('\n').join('|')).to.equal(question);
      });

    for (const [line, typed, question] of [
      ['co', 'conf', 'co'],
      ['conf --host=', 'conf --host=\\*.wild.test', 'conf|--host='],
      ['--context arn', '--context arn:aws:', '--context|arn'],
      ['fi', 'file-a', 'fi'],
      ['di', 'dir-a/', 'di'],
      ['no', 'no', 'no'],
    ] as const)
      it(`zsh completes "${line}"`, () => {
        // A terminal in which a key is pressed; ^X shows the line as it is then.
        const out = shell(
          'zsh',
          '-fc',
          `zmodload zsh/zpty; zpty z zsh -fiV
           say() { zpty -w z "$1" }
           await() { local all; while zpty -rt z all "*$1*" 2>/dev/null || sleep 0.05; do [[ $all == *$1* ]] && { print -r -- "$all"; return }; done }
           say "PS1=; autoload -U compinit; compinit -u -D; source script.zsh; show() { print -r -- \\"<\\$BUFFER>\\" }; zle -N show; bindkey '^X' show; print REA''DY"
           await READY >/dev/null
           zpty -wn z $'kubectl-ingress_nginx ${line}\\t\\x18'
           await '>'
           zpty -d z`,
        );
        expect(/<kubectl-ingress_nginx (.*)>/.exec(out)?.[1]?.trimEnd()).to.equal(typed);
        expect(asked().trimEnd().split('\n').join('|')).to.equal(question);
      });

    it('PowerShell gets a script whose brackets and quotes are closed', () => {
      const text = completionScript('powershell').replaceAll(/#.*|'[^'\n]*'|"[^"\n]*"/g, '');
      expect(text).to.not.match(/['"]/);
      const open: string[] = [];
      for (const [bracket] of text.matchAll(/[()[\]{}]/g))
        if ('([{'.includes(bracket)) open.push(bracket);
        else expect(`${open.pop()}${bracket}`).to.be.oneOf(['()', '[]', '{}']);
      expect(open).to.deep.equal([]);
    });
  });

  for (const shell of SHELLS)
    it(`prints the script for ${shell}`, async () => {
      let out = '';
      const io = { env: {}, out: (text: string) => (out += text), err: (text: string) => (out += text) };
      expect(await runPlugin(['completion', shell], io)).to.equal(0);
      expect(out).to.equal(completionScript(shell)).and.include('__complete');
      expect(
        await runPlugin(['completion', 'csh'], { ...io, out: () => undefined, err: (text) => (out = text) }),
      ).to.equal(1);
      expect(out).to.include('Allowed choices are bash, zsh, fish, powershell');
    });
});
