# The controller, nginx with its modules, and the small programs that manifests and scripts call.
FROM node:24-trixie-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN node scripts/bundle.mjs && gcc -Os -Wall -Werror -static -o /nginx-ingress-controller image/launch.c \
 && gcc -Os -Wall -Werror -static -o dist/confine image/confine.c \
 && npm sbom --sbom-format cyclonedx --omit dev --omit optional --package-lock-only > dist/sbom.cdx.json

FROM debian:trixie-slim
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="Tidegate" \
      org.opencontainers.image.description="Kubernetes ingress controller that generates nginx configuration" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      nginx libnginx-mod-http-lua libnginx-mod-stream lua-cjson \
      libnginx-mod-http-brotli-filter libnginx-mod-http-brotli-static libnginx-mod-http-headers-more-filter \
      libnginx-mod-http-geoip2 libnginx-mod-http-modsecurity modsecurity-crs \
      ca-certificates curl dumb-init libcap2-bin libmimalloc3 wget \
 && rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/* /usr/share/doc /usr/share/man /usr/share/nginx/html \
      /etc/nginx/sites-* /etc/nginx/modules-enabled /etc/nginx/conf.d /etc/nginx/snippets /etc/nginx/nginx.conf \
 && mkdir -p /usr/lib/tidegate && dpkg-query -W > /usr/lib/tidegate/packages.txt \
 && ln -sf "$(find /usr/lib -name 'libmimalloc.so.3' | head -n 1)" /usr/local/lib/libmimalloc.so \
 && ln -sf /usr/sbin/nginx /usr/bin/nginx
COPY --from=build /usr/local/bin/node /usr/bin/node
COPY --from=build /nginx-ingress-controller /nginx-ingress-controller
COPY --from=build /src/dist /usr/lib/tidegate
# Twice: a volume that makes /etc/nginx writable hides the first.
COPY --from=build /src/nginx/lua /etc/nginx/lua
COPY --from=build /src/templates /etc/nginx/template
COPY --from=build /src/nginx/modsecurity /etc/nginx/modsecurity
COPY --from=build /src/nginx/owasp-modsecurity-crs /etc/nginx/owasp-modsecurity-crs
COPY --from=build /src/nginx/modsecurity /usr/lib/tidegate/modsecurity
COPY --from=build /src/nginx/owasp-modsecurity-crs /usr/lib/tidegate/owasp-modsecurity-crs
COPY --from=build /src/nginx/lua /usr/lib/tidegate/lua
COPY --from=build /src/templates /usr/lib/tidegate/template
COPY --from=build /src/dashboard /usr/lib/tidegate/dashboard
COPY image/root/ /
# Only permitted, not effective: see image/launch.c.
RUN setcap cap_net_bind_service=+p /usr/bin/dumb-init \
 && setcap cap_net_bind_service=+p /nginx-ingress-controller \
 && groupadd --gid 82 ingress && useradd --uid 101 --gid 82 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin ingress \
 && mkdir -p /etc/ingress-controller/ssl /etc/ingress-controller/auth /etc/ingress-controller/geoip \
      /etc/ingress-controller/telemetry /tmp/nginx /var/log/nginx /var/lib/nginx \
 && ln -sf /dev/stdout /var/log/nginx/access.log && ln -sf /dev/stderr /var/log/nginx/error.log \
 && chmod 0755 /wait-shutdown /dbg /kube-webhook-certgen /usr/local/bin/create /usr/local/bin/patch \
 && chown -R 101:82 /etc/ingress-controller /etc/nginx /tmp/nginx /var/log/nginx /var/lib/nginx
USER 101:82
EXPOSE 80 443
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/dumb-init", "--"]
CMD ["/nginx-ingress-controller"]
