/** Error pages as the templates and the proof of shape read them. */
import type { Settings } from '../config/settings/table.ts';
import type { ErrorPages, LocationErrors } from '../model/errors.ts';
import type { Server } from '../model/model.ts';
import type { Environment } from './environment.ts';
import { makesCors } from './cors-view.ts';
import { innerHeaderView } from './forwarded-view.ts';

export function errorPagesView({ pages, intercept }: ErrorPages) {
  return {
    intercepts: intercept === 'on',
    pages,
  };
}

export function locationErrorsView(errors: LocationErrors) {
  return {
    ...errorPagesView(errors),
    hasStandIn: errors.standIn !== null,
    standIn: errors.standIn ?? '',
  };
}

export function namedLocationsView(
  server: Pick<Server, 'errors' | 'locations' | 'policies'>,
  environment: Environment,
  settings: Settings,
) {
  const headers = innerHeaderView(settings, environment);
  const { named } = server.errors;
  const hasCors = named.length > 0 && makesCors(server);
  return named.map((page) => ({
    name: page.location,
    code: page.code,
    hasCors,
    guarded: settings.enableModsecurity,
    backend: page.backend,
    serving: environment.purpose === 'serve',
    luaFile: `${environment.luaDir}/nginx/ngx_conf_error.lua`,
    hidesInnerHeader: headers.hidesInnerHeader,
    innerHeader: headers.innerHeader,
  }));
}
