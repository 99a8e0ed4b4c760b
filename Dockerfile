# The emulator as an image; other commands of enrollkit run in it too. docs/docker.md says what clients need.
#     docker build --tag enrollkit .
#     docker run --publish 127.0.0.1:8443:8443 --publish 127.0.0.1:8883:8883 --publish 127.0.0.1:5671:5671 enrollkit
# The lock file pins every dependency by its hash. Nothing is taken from npm under the name enrollkit.
# scripts/image-steps runs these steps where no container engine is installed.
FROM node:22-bookworm-slim AS build
WORKDIR /src
COPY . .
RUN npm ci --no-audit --no-fund
RUN npm pack --ignore-scripts --pack-destination /tmp

FROM node:22-bookworm-slim
COPY --from=build /tmp/enrollkit-*.tgz /tmp/
RUN npm install --global --no-audit --no-fund /tmp/enrollkit-*.tgz && rm -r /tmp/enrollkit-*.tgz /root/.npm
# /data has the state with its keys, /shared what clients need.
RUN mkdir /data /shared && chown node:node /data /shared
USER node
WORKDIR /data
VOLUME ["/data", "/shared"]
EXPOSE 8443 8883 5671
HEALTHCHECK --interval=10s --timeout=10s --start-period=20s CMD enrollkit emulator status --dir /data || exit 1
ENTRYPOINT ["enrollkit"]
CMD ["emulator", "start", "--dir", "/data", "--host", "0.0.0.0"]
