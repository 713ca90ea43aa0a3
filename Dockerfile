# The sidecar. It stands on nginx's own image, since it tests every change with the nginx that will run
# it: build it on the image that the gateway uses.
ARG NGINX_IMAGE=nginx:1.30
ARG DEBIAN_IMAGE=debian:12-slim
ARG NODE_IMAGE=node:24-bookworm-slim
# How changes are to reach nginx: reload, or push, for which nginx has to have its Lua module.
ARG VIA=reload

FROM ${NGINX_IMAGE} AS nginx-reload

# nginx's own image has no Lua module, and none is to be had for it: this is Debian's nginx, started as that one is.
FROM ${DEBIAN_IMAGE} AS nginx-push
RUN [ -e /usr/lib/nginx/modules/ngx_http_lua_module.so ] \
    || { apt-get update && apt-get install -y --no-install-recommends nginx libnginx-mod-http-lua libnginx-mod-stream \
        && rm -rf /var/lib/apt/lists/*; }
STOPSIGNAL SIGQUIT
ENTRYPOINT ["sh", "-ec", "for file in /docker-entrypoint.d/*.sh; do [ ! -x \"$file\" ] || \"$file\"; done; exec \"$@\"", "--"]
CMD ["nginx", "-g", "daemon off;"]

# The gateway of docker-compose.yml.
FROM nginx-${VIA} AS gateway

FROM ${NODE_IMAGE} AS modules
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM ${NODE_IMAGE} AS program
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY rolldown.config.mjs tsconfig.json ./
COPY src src
RUN node_modules/.bin/rolldown -c

FROM gateway
# tini passes signals on and reaps what a killed `nginx -t` leaves behind.
RUN command -v tini >/dev/null \
    || { apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*; }
COPY --from=modules /usr/local/bin/node /usr/local/bin/node
WORKDIR /opt/upsync
COPY --from=modules /build/node_modules node_modules
COPY package.json ./
COPY templates templates
COPY page page
COPY nginx/lua nginx/lua
COPY --from=program /build/dist dist
RUN chmod +x dist/main.js && ln -s /opt/upsync/dist/main.js /usr/local/bin/upsync
ENV NODE_ENV=production
# Of what V8 keeps ready for new objects, 2,000 services would come to hold 100 MiB and more, and use little of it.
ENV NODE_OPTIONS=--max-semi-space-size=4

# nginx's image asks for SIGQUIT.
STOPSIGNAL SIGTERM
# Root, because the test reads what nginx's master reads as root: private keys of certificates above all.
ENTRYPOINT ["tini", "--", "upsync"]
