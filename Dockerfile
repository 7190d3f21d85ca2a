# The image of api, consumer, migrate and secrets: workerd, the bundles, and Node to start them. Nothing is built at run
# time, and the root filesystem may be read-only: /tmp and /var/lib/millrace (uploads) are what is written to.
#
#   docker build -t millrace .
#   docker run -e DATABASE_URL=… -e REDIS_URL=… -e ROLE=api -p 8787:8787 millrace

FROM node:24.11.1-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
COPY gpu-runner/package.json gpu-runner/
RUN npm ci --no-audit --no-fund
COPY tsconfig*.json ./
COPY scripts scripts
COPY src src
COPY ops/workerd ops/workerd
RUN node scripts/build.ts --container
# The one dependency that is not in a bundle: the native binary, reached through its packages.
RUN mkdir -p runtime/node_modules/@cloudflare runtime/dist runtime/src/db \
  && cp -R node_modules/workerd runtime/node_modules/ \
  && cp -R node_modules/@cloudflare/workerd-linux-* runtime/node_modules/@cloudflare/ \
  && rm -rf runtime/node_modules/workerd/bin \
  && cp -R dist/workerd dist/container dist/ui runtime/dist/ \
  && rm -f runtime/dist/workerd/worker.js.map \
  && cp -R src/db/migrations runtime/src/db/ \
  && cp -R ops runtime/

FROM node:24.11.1-bookworm-slim
WORKDIR /app
# The places that volumes are mounted at: a new volume takes its owner from here.
RUN for place in /var/lib/millrace /secrets/app /secrets/postgres /secrets/redis /secrets/runner /secrets/observability \
    /var/lib/millrace-caddy; do install -d -o node -g node "$place"; done
COPY --from=build /build/runtime ./
COPY package.json LICENSE ./
COPY ops/docker/healthcheck.sh /usr/local/bin/healthcheck
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8787 MILLRACE_DATA=/var/lib/millrace MILLRACE_RUN_DIR=/tmp/millrace
USER node
EXPOSE 8787
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s --retries=3 CMD ["healthcheck"]
ENTRYPOINT ["node", "dist/container/main.js"]
CMD ["serve"]
