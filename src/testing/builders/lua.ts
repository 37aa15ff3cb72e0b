/** Runs our Lua files in the nginx of this machine, which has the only LuaJIT there is. Nothing listens. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { detectNginx } from '../../nginx/detect.ts';
import { makeFolder } from './folder.ts';
import { nginxBinary } from './real-nginx.ts';

const lua = join(import.meta.dirname, '../../../nginx/lua');

/**
 * @param code a Lua chunk, whose result is given back as JSON.
 * @throws with what nginx and Lua say.
 */
export async function runLua(code: string): Promise<unknown> {
  const folder = await makeFolder();
  try {
    const { modules } = await detectNginx(nginxBinary);
    const chunk = folder.file('chunk.lua');
    const result = folder.file('result.json');
    const conf = folder.file('nginx.conf');
    await writeFile(chunk, code);
    // Lua does not run in a check of the file, and its end is that of nginx.
    const init = `
      local file = assert(io.open("${result}", "w"))
      file:write(require("cjson").encode(assert(loadfile("${chunk}"))()))
      file:close()
      os.exit(0)`;
    await writeFile(
      conf,
      `${modules.map((module) => `load_module ${module};`).join('\n')}
pid ${folder.file('nginx.pid')};
error_log stderr;
daemon off;
master_process off;
events {}
http {
	lua_package_path "${lua}/?.lua;;";
	init_by_lua_block {${init}
	}
}
`,
    );
    const ran = await execa(nginxBinary, ['-p', folder.path, '-c', conf], { reject: false, all: true });
    if (ran.exitCode !== 0) throw new Error(`Lua does not run: ${ran.all ?? ''}`);
    return JSON.parse(await readFile(result, 'utf8'));
  } finally {
    await folder.remove();
  }
}
