/** What a careful admin would write for one site, and what serves it: the other side of the throughput benchmark. */

export interface Site {
  readonly host: string;
  readonly ports: { readonly http: number; readonly https: number };
  readonly upstream: number;
  /** File with the certificate and its key. */
  readonly pem: string;
}

/**
 * Does the same as the file of the controller: the headers that endpoints get, an access log with the same facts about a request,
 * connections to endpoints that stay open, TLS with the same words, and Strict-Transport-Security.
 */
export function handWritten({ host, ports, upstream, pem }: Site): string {
  return `
worker_processes auto;
pid nginx.pid;
error_log stderr;
events { worker_connections 16384; multi_accept on; use epoll; }
http {
  log_format main '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $request_id';
  access_log /dev/null main;
  server_tokens off;
  keepalive_requests 1000;
  map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
  map $scheme $transport_security { https "max-age=31536000; includeSubDomains"; }
  upstream web { server 127.0.0.1:${upstream}; keepalive 320; keepalive_requests 10000; }
  proxy_http_version 1.1;
  proxy_buffering off;
  proxy_set_header Host $http_host;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;
  proxy_set_header X-Request-ID $request_id;
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Host $http_host;
  proxy_set_header X-Forwarded-Port $server_port;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-Scheme $scheme;
  proxy_set_header X-Scheme $scheme;
  proxy_set_header X-Original-Forwarded-For $http_x_forwarded_for;
  proxy_set_header X-Original-Forwarded-Host $http_x_forwarded_host;
  proxy_set_header Proxy "";
  proxy_hide_header Strict-Transport-Security;
  add_header Strict-Transport-Security $transport_security always;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_cache shared:SSL:10m;
  ssl_session_timeout 10m;
  ssl_session_tickets off;
  ssl_buffer_size 4k;
  server {
    listen ${ports.http} reuseport backlog=4096;
    listen ${ports.https} reuseport backlog=4096 ssl;
    server_name ${host};
    ssl_certificate ${pem};
    ssl_certificate_key ${pem};
    location / { proxy_pass http://web; }
  }
}`;
}

export function upstreamConfig(port: number): string {
  return servingConfig(`
  server { listen 127.0.0.1:${port} reuseport; location / { return 200 "${'x'.repeat(1024)}"; } }`);
}

/** An nginx that only answers. @param servers at the level of http. */
export function servingConfig(servers: string): string {
  return `
worker_processes auto;
pid nginx.pid;
error_log stderr;
events { worker_connections 16384; }
http {
  access_log off;
  keepalive_requests 100000;${servers}
}`;
}
