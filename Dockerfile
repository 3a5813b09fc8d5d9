# One image for every role; ROLE, or another command, says what a container does.
#
# Debian and not Alpine: the tests run on glibc, Node has no official build for musl, and the PostgreSQL that
# npm installs for development cannot run there.
FROM node:20-bookworm-slim AS base
WORKDIR /app
# Alone, so that only a change of dependencies installs them again.
COPY package.json package-lock.json .npmrc ./

FROM base AS build
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY jobs ./jobs
COPY migrations ./migrations
RUN npm run build
# A new volume takes over its owner from the folder it is mounted on.
RUN mkdir -p -m 0700 /data/attachments

# The optional packages are the embedded PostgreSQL. Here a server is given: DATABASE_URL. Those of peers are what
# better-auth could work with besides, the test runner among them.
FROM base AS dependencies
RUN npm ci --omit=dev --omit=optional --omit=peer

FROM base
# Inside a container 127.0.0.1 could not be reached from outside it.
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/var/lib/rbm
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY templates ./templates
COPY --from=build --chown=node:node /data /var/lib/rbm
USER node
EXPOSE 3000
STOPSIGNAL SIGTERM
# Alive, not ready: what restarts unhealthy containers must not do so because a database is away. There is no curl.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 3000) + '/livez').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/src/main.js"]
