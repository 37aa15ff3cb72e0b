/** Copies of requests as the templates print them (compat/nginx-conf.md section 3, "Mirroring"). */
import type { Mirror } from '../model/mirror.ts';
import type { Location, Server } from '../model/model.ts';
import type { Environment } from './environment.ts';

/** A location that makes copies, or null. */
export function mirrorIn({ route, policy }: Location): Mirror | null {
  return policy.answer === 'proxy' ? route.mirror : null;
}

export function mirrorView(location: Location) {
  const mirror = mirrorIn(location);
  return { present: mirror !== null, name: mirror?.name ?? '', body: mirror?.body ?? 'on' };
}

/** The internal locations of a server, each once. */
export function mirrorLocations(
  { locations }: Pick<Server, 'locations'>,
  { purpose, luaDir, reach, ports }: Pick<Environment, 'purpose' | 'luaDir' | 'reach' | 'ports'>,
) {
  return mirrorsOf(locations).map(({ name, written, url, target, host, body }) => ({
    name,
    written,
    address: url,
    host,
    body,
    // Names are looked up by Lua, which judges the addresses; those of the annotation were judged before.
    isJudged: reach.classifyHost(target) !== 'name',
    serving: purpose === 'serve',
    luaFile: `${luaDir}/nginx/ngx_conf_mirror.lua`,
    statusPort: ports.status,
  }));
}

export function mirrorsOf(locations: Server['locations']): readonly Mirror[] {
  const byName = new Map<string, Mirror>();
  for (const location of locations) {
    const mirror = mirrorIn(location);
    if (mirror !== null && !byName.has(mirror.name)) byName.set(mirror.name, mirror);
  }
  return [...byName.values()];
}
