/** `tidegate render --manifests DIR`: the nginx.conf that would be used. Needs no nginx. */
import { chooseDataDir } from '../config/place.ts';
import { createModelBuilder } from '../model/build.ts';
import { detectNginx } from '../nginx/detect.ts';
import type { NginxFeatures } from '../nginx/environment.ts';
import { createRenderer } from '../nginx/files.ts';
import { configOf } from '../nginx/generation.ts';
import { imageLayout, layoutOf } from '../nginx/layout.ts';
import { readCustomTemplates, withCustomTemplates } from '../nginx/custom-templates.ts';
import { headView } from '../nginx/http-view.ts';
import { readSources } from '../nginx/templates.ts';
import { aroundServers, serverView } from '../nginx/views.ts';
import { environmentOf } from '../setup/prepare.ts';
import { exitCodes } from './exit-codes.ts';
import { evaluateManifests } from './manifests.ts';
import type { Tool } from './tool.ts';

/** The nginx of the container image, for machines without one. */
const IMAGE_NGINX: NginxFeatures = {
  version: '1.26.3',
  modules: ['ndk_http_module', 'ngx_http_lua_module', 'ngx_http_headers_more_filter_module'].map(
    (name) => `/usr/lib/nginx/modules/${name}.so`,
  ),
  modsecurity: '/usr/lib/nginx/modules/ngx_http_modsecurity_module.so',
  stream: '/usr/lib/nginx/modules/ngx_stream_module.so',
  brotli: ['filter', 'static'].map((part) => `/usr/lib/nginx/modules/ngx_http_brotli_${part}_module.so`),
  geoip2: '/usr/lib/nginx/modules/ngx_http_geoip2_module.so',
  http2: 'directive',
  threads: true,
};

export const render: Tool = async ({ options, place, write }) => {
  const { graph, settings } = await evaluateManifests(options);
  const dataDir = chooseDataDir(place, options);
  const layout = dataDir === null ? imageLayout() : layoutOf(dataDir);
  const features = await detectNginx(process.env['NGINX_BINARY'] ?? 'nginx').catch(() => IMAGE_NGINX);
  const environment = environmentOf({ options, place, layout, features });
  const model = createModelBuilder().build(graph, settings);
  if (options.templateData) {
    const around = aroundServers(model.http, environment);
    const servers = model.servers.map((server) => serverView(server, around));
    write(`${JSON.stringify({ 'nginx.conf': headView(model, environment), server: servers }, null, 2)}\n`);
    return exitCodes.success;
  }
  const sources = readSources(place.assets.templates);
  const custom = await readCustomTemplates(layout.customTemplates, sources);
  const renderer = createRenderer(withCustomTemplates(sources, custom), environment);
  const generation = await renderer.render(model);
  write(configOf(generation).toString());
  return exitCodes.success;
};
