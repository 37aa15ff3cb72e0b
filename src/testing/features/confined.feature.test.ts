import { expect } from 'chai';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { confineProgram } from '../builders/compiled.ts';
import { ingressClass } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { mutant } from '../harness/live-routes.ts';
import { site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';

/** Where Kubernetes mounts the token of the service account. */
const SECRETS = '/var/run/secrets';

/** A program whose workers tell what they can read of these files. */
function curious(stage: Stage, files: readonly string[]): readonly string[] {
  const lua = `
  local told = {}
  for _, path in ipairs({ ${files.map((file) => JSON.stringify(file)).join(', ')} }) do
    local file, err = io.open(path)
    local text, fault = nil, err
    if file then text, fault = file:read(200) end
    told[#told + 1] = path .. " " .. (text and "READ" or fault or "nothing")
  end
  if true then return answer(200, table.concat(told, "\\n")) end
`;
  return mutant(join(stage.folder, 'curious'), 'control.lua', [
    'if versions:get("#complete") then',
    `${lua} if versions:get("#complete") then`,
  ]);
}

describe('nginx that is confined', () => {
  const token = join(SECRETS, `tidegate-${process.pid}`, 'token');
  const the = useStage(async (stage) => {
    mkdirSync(join(token, '..'), { recursive: true });
    stage.defer(() => rmSync(join(token, '..'), { recursive: true }));
    writeFileSync(token, 'TOKEN', { mode: 0o644 });
    const web = await stage.backend('web');
    stage.write('class.yaml', ingressClass());
    stage.write('web.yaml', ...site('web', { places: [web] }));
    return { web, env: { TIDEGATE_CONFINE: confineProgram() } };
  });

  /** What a worker says of the files. */
  async function tells(env: Readonly<Record<string, string>>): Promise<string> {
    const { stage } = the();
    const folder = stage.folder;
    const files = [
      token,
      `/proc/${process.pid}/environ`,
      '/proc/self/environ',
      '/etc/hostname',
      import.meta.filename,
    ];
    const program = await stage.start({ program: curious(stage, files), env });
    try {
      return await (await fetch(`http://127.0.0.1:${program.ports.status}/is-dynamic-lb-initialized`)).text();
    } finally {
      await program.stop();
      rmSync(join(folder, 'curious'), { recursive: true });
    }
  }

  it('cannot read the token of the service account, or anything of processes', async () => {
    const [ofToken, ofController, ofItself, ofHost, ofSource] = (await tells(the().env)).split('\n');
    for (const line of [ofToken, ofController, ofItself]) expect(line).to.match(/Permission denied$/);
    // Everything else is as it was.
    for (const line of [ofHost, ofSource]) expect(line).to.match(/READ$/);
  });

  it('could read the token without that', async () => {
    expect(await tells({})).to.match(/token READ\n/);
  });

  it('serves, reloads, is started again, and stops as always', async () => {
    const { stage, env, web } = the();
    const program = await stage.start({ env, flags: ['--live-routes=false'] });
    await program.logged(/nginx is confined/);
    expect((await program.http('web.test', '/')).echo().backend).to.equal('web');
    expect((await program.https('web.test', '/')).echo().backend).to.equal('web');
    await program.reloadAfter(() => stage.write('new.yaml', ...site('new', { places: [web] })));
    expect((await program.http('new.test', '/')).echo().backend).to.equal('web');
    const killed = program.master();
    process.kill(killed, 'SIGKILL');
    await eventually(() => expect(program.master()).to.not.equal(killed));
    await program.waitUntilReady();
    expect((await program.http('new.test', '/')).echo().backend).to.equal('web');
    expect(program.logLines().filter((line) => line.includes('Permission denied'))).to.deep.equal([]);
  });

  it('is told about where it cannot be had, and serves all the same', async () => {
    const program = await the().stage.start({ env: { TIDEGATE_CONFINE: '/bin/false' } });
    expect(await program.logged(/nginx is not confined/)).to.match(/^W\d{4}/);
    expect((await program.http('web.test', '/')).echo().backend).to.equal('web');
  });
});
