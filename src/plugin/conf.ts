/** The text of one server in nginx.conf, which stands between two comments. */
import { Failure } from './io.ts';

/** @throws Failure when the host has no server. */
export function serverText(conf: string, host: string): string {
  const start = `## start server ${host}\n`;
  const at = conf.indexOf(start);
  if (at === -1) throw new Failure(`host ${host} was not found in the controller's nginx.conf`);
  const rest = conf.slice(at + start.length);
  const end = rest.indexOf(`## end server ${host}`);
  if (end === -1)
    throw new Failure(`the end of the server of host ${host} was not found in the controller's nginx.conf`);
  return rest.slice(0, end).trim();
}
