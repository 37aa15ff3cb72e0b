import type { Reach } from '../lib/addresses.ts';
import type { GeoDatabase } from './geo-files.ts';
import type { Layout } from './layout.ts';

/** Facts about the nginx at hand that decide how the model is printed. */
export interface NginxFeatures {
  /** As nginx says it: `1.22.1`. */
  readonly version: string;
  /** Paths of the modules to load, in order: NDK, Lua, and others by need. */
  readonly modules: readonly string[];
  /** Path of the module ModSecurity, which is loaded by need. */
  readonly modsecurity: string;
  /** Path of the module for TCP and UDP, which is loaded by need; `built-in`; or null when nginx cannot do it. */
  readonly stream: string | 'built-in' | null;
  /** Paths of both modules for Brotli, which are loaded by need; or null when they are not there. */
  readonly brotli: readonly string[] | null;
  /** Path of the module for databases about addresses, which is loaded by need; or null when it is not there. */
  readonly geoip2: string | null;
  /** `http2 on;` (1.25.1 and later) instead of a word in `listen`. */
  readonly http2: 'directive' | 'listen';
  /** Whether it can start threads. */
  readonly threads: boolean;
}

export interface Ports {
  readonly http: number;
  readonly https: number;
  readonly status: number;
  /** Where ingress-nginx would listen for TLS connections that are not handed on. */
  readonly passthroughProxy: number;
  /** Null: no listener for the default backend. */
  readonly defaultServer: number | null;
}

export interface RequestCounting {
  readonly perHost: boolean;
  readonly undefinedHosts: boolean;
  /** Seconds and bytes, ascending. */
  readonly buckets: Readonly<Record<'time' | 'length' | 'size', readonly number[]>>;
  /** Null: none. */
  readonly native: NativeBuckets | null;
}

/** Native histograms of Prometheus. */
export interface NativeBuckets {
  /** Buckets grow by 2^(2^-schema); from -4 to 8. */
  readonly schema: number;
  /** Of one histogram, beyond which they are widened; 0: any number. */
  readonly most: number;
}

export interface DnsConfig {
  /** Addresses; IPv6 without brackets. */
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly ndots: number;
  readonly ipv6: boolean;
}

/** What the templates print besides the model: the place, the machine, the command line. Fixed for one run. */
export interface Environment {
  /** `check`: a text for `nginx -t` alone, without Lua, ports, certificates, and files outside of its own folder. */
  readonly purpose: 'serve' | 'check';
  readonly layout: Layout;
  readonly features: NginxFeatures;
  readonly ports: Ports;
  readonly healthPath: string;
  /** Files of rules for ModSecurity: what it does usually, and the core rule set. */
  readonly modsecurity: { readonly usual: string; readonly coreRules: string };
  /** Folder with our Lua files: `nginx/lua` in the checkout, `/etc/nginx/lua` in the image. */
  readonly luaDir: string;
  /** User of the workers when the master runs as root, else null. */
  readonly user: string | null;
  readonly ipv6: boolean;
  /** Whether TLS connections come through the block for TCP first. */
  readonly passthrough: boolean;
  readonly dns: DnsConfig;
  /** UDP port of 127.0.0.1 where nginx asks for endpoints of TCP and UDP services (endpoint-teller.ts). */
  readonly namesPort: number;
  /** Which addresses may be reached. */
  readonly reach: Reach;
  /** Whether addresses of this machine may be asked for something. */
  readonly loopback: 'allowed' | 'refused';
  /** Databases about addresses, whether they are there or not. */
  readonly geo: readonly GeoDatabase[];
  /** How requests are counted; null when they are not. */
  readonly metrics: RequestCounting | null;
  /** Backlog of listening sockets. */
  readonly backlog: number;
  /** Limit of open files of each worker. */
  readonly openFiles: number;
  /** CPUs that the process may use. */
  readonly cpus: number;
}
