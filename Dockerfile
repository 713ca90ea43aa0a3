# The sidecar. It stands on nginx's own image, since it tests every change with the nginx that will run
# it: build it on the image that the gateway uses.
ARG NGINX_IMAGE=nginx:1.30
ARG NODE_IMAGE=node:24-bookworm-slim

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

FROM ${NGINX_IMAGE}
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
