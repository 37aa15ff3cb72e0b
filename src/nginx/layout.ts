import { join } from 'node:path';

/** Where everything lies that nginx and the controller share. All paths are absolute. */
export interface Layout {
  /** Folder of everything that is written. */
  readonly dataDir: string;
  readonly config: string;
  readonly pid: string;
  /** Entered by the controller's user only; holds the sockets. */
  readonly runDir: string;
  readonly controlSocket: string;
  readonly declarationsSocket: string;
  /** Entered by workers: where TLS connections wait that are decrypted, and those that are not. */
  readonly passthrough: { readonly folder: string; readonly tls: string; readonly raw: string };
  readonly defaultCertificate: string;
  /** Only files that nginx reads besides its configuration, named after what they hold. */
  readonly sideFiles: string;
  /** Files made from Secrets, named after them; the default certificate, too. */
  readonly secretFiles: string;
  readonly accessLog: string;
  readonly errorLog: string;
  readonly temp: {
    readonly clientBody: string;
    readonly proxy: string;
    readonly fastcgi: string;
    readonly uwsgi: string;
    readonly scgi: string;
    readonly authCache: string;
  };
  /** Templates of an administrator, which take the place of the built-in ones. */
  readonly customTemplates: string;
  /** Databases about addresses. */
  readonly geoip: string;
  /** Where workers report what they have answered. */
  readonly metricsSocket: string;
  /** Where the controller says what it knows. */
  readonly inspectionSocket: string;
  /** What is in quarantine, for people who look. */
  readonly quarantine: string;
  /** Candidates for the configuration check. */
  readonly checkDir: string;
  /** Held while a controller uses the folder. */
  readonly lock: string;
}

/** Layout of a folder that is ours alone: the checkout's default and `--data-dir`. */
export function layoutOf(dataDir: string): Layout {
  const runDir = join(dataDir, 'run');
  return {
    dataDir,
    config: join(dataDir, 'nginx.conf'),
    pid: join(dataDir, 'nginx.pid'),
    runDir,
    controlSocket: join(runDir, 'control.sock'),
    declarationsSocket: join(runDir, 'declarations.sock'),
    passthrough: passthroughIn(join(dataDir, 'pass')),
    defaultCertificate: join(dataDir, 'ssl', 'default-fake-certificate.pem'),
    sideFiles: join(dataDir, 'ssl', 'files'),
    secretFiles: join(dataDir, 'ssl'),
    accessLog: '/dev/stdout',
    errorLog: 'stderr',
    temp: tempIn(join(dataDir, 'temp')),
    metricsSocket: join(dataDir, 'metrics.sock'),
    customTemplates: join(dataDir, 'template'),
    geoip: join(dataDir, 'geoip'),
    inspectionSocket: join(runDir, 'inspection.sock'),
    quarantine: join(runDir, 'quarantine.json'),
    checkDir: join(dataDir, 'check'),
    lock: join(dataDir, 'tidegate.lock'),
  };
}

/** Layout of the container image, as scripts and runbooks know it (compat/behaviour.md 1.3). */
export function imageLayout(): Layout {
  return {
    dataDir: '/etc/nginx',
    config: '/etc/nginx/nginx.conf',
    pid: '/tmp/nginx/nginx.pid',
    runDir: '/tmp/nginx/run',
    controlSocket: '/tmp/nginx/run/control.sock',
    declarationsSocket: '/tmp/nginx/run/declarations.sock',
    passthrough: passthroughIn('/tmp/nginx/pass'),
    defaultCertificate: '/etc/ingress-controller/ssl/default-fake-certificate.pem',
    sideFiles: '/etc/ingress-controller/ssl/files',
    secretFiles: '/etc/ingress-controller/ssl',
    accessLog: '/var/log/nginx/access.log',
    errorLog: '/var/log/nginx/error.log',
    temp: tempIn('/tmp/nginx'),
    metricsSocket: '/tmp/nginx/prometheus-nginx.socket',
    customTemplates: '/etc/nginx/template',
    geoip: '/etc/ingress-controller/geoip',
    inspectionSocket: '/tmp/nginx/run/inspection.sock',
    quarantine: '/tmp/nginx/run/quarantine.json',
    checkDir: '/tmp/nginx/check',
    lock: '/tmp/nginx/tidegate.lock',
  };
}

function passthroughIn(folder: string): Layout['passthrough'] {
  return { folder, tls: join(folder, 'tls.sock'), raw: join(folder, 'raw.sock') };
}

function tempIn(folder: string): Layout['temp'] {
  return {
    clientBody: join(folder, 'client-body'),
    proxy: join(folder, 'proxy-temp'),
    fastcgi: join(folder, 'fastcgi-temp'),
    uwsgi: join(folder, 'uwsgi-temp'),
    scgi: join(folder, 'scgi-temp'),
    authCache: join(folder, 'nginx-cache-auth'),
  };
}
