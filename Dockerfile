# jwksd as a container. It writes nothing, so its root file system may be read-only; configuration, keys and certificates
# are mounted below /etc/jwksd. How to run it: deploy/README.md.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build
RUN npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
# Nothing is ever installed from here on, so nothing that installs is kept.
RUN rm -rf /opt/yarn* /usr/local/lib/node_modules && cd /usr/local/bin && rm -f npm npx corepack yarn yarnpkg
ENV NODE_ENV=production JWKSD_CONFIG=/etc/jwksd/jwksd.yaml
WORKDIR /app
COPY package.json LICENSE ./
COPY deploy/healthcheck.js deploy/change-secret.js ./deploy/
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# The user "node", by its number: Kubernetes' runAsNonRoot cannot tell who a name is.
USER 1000:1000
EXPOSE 8443 9443
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["node", "deploy/healthcheck.js"]
# Without the flag jwksd catches SIGUSR1 itself, a moment later.
ENTRYPOINT ["node", "--disable-sigusr1", "/app/dist/main.js"]
CMD ["serve"]
