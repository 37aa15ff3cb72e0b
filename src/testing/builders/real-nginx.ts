/** The nginx of this machine as a judge of rendered files. Nothing listens and nothing is reloaded. */
import { mkdir, writeFile } from 'node:fs/promises';
import type { GraphOptions } from '../../graph/options.ts';
import type { KubeObject } from '../../source/objects.ts';
import { checkGeneration } from '../../nginx/check.ts';
import type { CheckResult } from '../../nginx/check.ts';
import { detectNginx } from '../../nginx/detect.ts';
import type { Environment } from '../../nginx/environment.ts';
import { writeFakeCertificate } from '../../nginx/fake-certificate.ts';
import { createHelper } from '../../nginx/helper.ts';
import { writeSideFiles } from '../../nginx/side-files.ts';
import { prepareFolders } from '../../nginx/folders.ts';
import { localEnvironment } from './environment.ts';
import { makeFolder } from './folder.ts';
import { geoDatabase } from './geo.ts';
import { render } from './render.ts';

export const nginxBinary = process.env['NGINX_BINARY'] ?? 'nginx';

export interface RealNginx {
  readonly environment: Environment;
  /** `nginx -t` on what these objects are rendered to; `machine` differs from `environment` in anything but its folders. */
  check(
    objects: readonly KubeObject[],
    machine?: Environment,
    options?: Partial<GraphOptions>,
  ): Promise<CheckResult>;
  close(): Promise<void>;
}

export async function openRealNginx(): Promise<RealNginx> {
  const folder = await makeFolder();
  const environment = localEnvironment(folder.path, await detectNginx(nginxBinary), { ipv6: false });
  const { layout } = environment;
  const helper = createHelper();
  await prepareFolders(layout);
  await writeFakeCertificate(layout.defaultCertificate);
  await mkdir(layout.geoip);
  for (const { path } of environment.geo) await writeFile(path, geoDatabase('GeoLite2-City', {}));
  return {
    environment,
    async check(objects, machine = environment, options = {}) {
      const { generation } = await render(objects, { environment: machine, options });
      await writeSideFiles(layout, generation.files);
      return checkGeneration(generation, { command: [nginxBinary], layout, run: helper.run });
    },
    async close() {
      await helper.close();
      await folder.remove();
    },
  };
}
