/** Directives of http that an administrator may write, too, since ingress-nginx has them in locations or not at all. */
import type { Snippet } from '../text/safe.ts';
import { directivesOf } from '../text/snippet.ts';

/** nginx takes each once; ours stands before what the ConfigMap adds. */
const ONCE: ReadonlySet<string> = new Set([
  'client_max_body_size',
  'fastcgi_next_upstream_tries',
  'grpc_next_upstream_tries',
  'proxy_buffer_size',
  'proxy_buffering',
  'proxy_buffers',
  'proxy_connect_timeout',
  'proxy_http_version',
  'proxy_max_temp_file_size',
  'proxy_next_upstream',
  'proxy_next_upstream_timeout',
  'proxy_next_upstream_tries',
  'proxy_read_timeout',
  'proxy_request_buffering',
  'proxy_send_timeout',
]);

/** @param head of nginx.conf, with the snippet. @returns it without those of our lines that the snippet says in its own way. */
export function withoutTwice(head: string, httpSnippet: Snippet | ''): string {
  if (httpSnippet === '') return head;
  const at = head.lastIndexOf(httpSnippet);
  if (at === -1) return head;
  const names = new Set(directivesOf(httpSnippet).map(({ name }) => name));
  const ours = [...names]
    .filter((name) => ONCE.has(name))
    .reduce((text, name) => text.replace(new RegExp(`^\\t${name} .*;\\n`, 'm'), ''), head.slice(0, at));
  return ours + head.slice(at);
}
