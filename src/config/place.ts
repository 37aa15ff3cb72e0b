/** Where this program lies and where it may write. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export interface Assets {
  readonly templates: string;
  readonly lua: string;
  /** Style sheet and script of the status page. */
  readonly dashboard: string;
  /** Files of rules for ModSecurity. */
  readonly modsecurity: { readonly usual: string; readonly coreRules: string };
  /** Starts programs that cannot reach what they do not need (image/confine.c); null where there is none. */
  readonly confine: string | null;
}

export type Place =
  | { readonly kind: 'image'; readonly assets: Assets }
  | { readonly kind: 'checkout'; readonly assets: Assets };

const USUAL = 'modsecurity.conf';
const CORE = 'nginx-modsecurity.conf';
const IMAGE_MARK = '/nginx-ingress-controller';

/** @param root the folder with `templates` and `nginx`. */
export function findPlace(root: string): Place {
  if (existsSync(IMAGE_MARK))
    return {
      kind: 'image',
      assets: {
        templates: ownTemplates(),
        lua: imageFolder('lua'),
        dashboard: '/usr/lib/tidegate/dashboard',
        modsecurity: {
          usual: join(imageFolder('modsecurity'), USUAL),
          coreRules: join(imageFolder('owasp-modsecurity-crs'), CORE),
        },
        confine: '/usr/lib/tidegate/confine',
      },
    };
  return {
    kind: 'checkout',
    assets: {
      templates: join(root, 'templates'),
      lua: join(root, 'nginx', 'lua'),
      dashboard: join(root, 'dashboard'),
      modsecurity: {
        usual: join(root, 'nginx', 'modsecurity', USUAL),
        coreRules: join(root, 'nginx', 'owasp-modsecurity-crs', CORE),
      },
      confine: process.env['TIDEGATE_CONFINE'] ?? null,
    },
  };
}

/** An administrator's templates may hide those in the folder that scripts know. */
function ownTemplates(): string {
  const own = '/usr/lib/tidegate/template';
  return existsSync(own) ? own : '/etc/nginx/template';
}

/** Where runbooks look for it, unless a writable volume hides that folder because the root file system is read-only. */
function imageFolder(name: 'lua' | 'modsecurity' | 'owasp-modsecurity-crs'): string {
  const usual = `/etc/nginx/${name}`;
  return existsSync(usual) ? usual : `/usr/lib/tidegate/${name}`;
}

/**
 * The folder for generated files, or null for the image's own paths. Without --data-dir each HTTP port has a folder of its own
 * under the user's state directory (XDG Base Directory Specification); that of root is /var/lib (Filesystem Hierarchy Standard),
 * since nginx's workers cannot enter root's home.
 */
export function chooseDataDir(
  place: Place,
  flags: { readonly dataDir: string; readonly httpPort: number },
): string | null {
  if (flags.dataDir !== '') return resolve(flags.dataDir);
  if (place.kind === 'image') return null;
  const own = process.getuid?.() === 0 ? '/var/lib' : join(homedir(), '.local', 'state');
  return join(process.env['XDG_STATE_HOME'] ?? own, 'tidegate', `http-${flags.httpPort}`);
}
