/**
 * The emulator in a container, for tests in Node.js: npm install --save-dev testcontainers@12.2.0 (Node.js 22.22 or later).
 * The image is your own, of a commit that you have looked at: examples/fleet/Dockerfile.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GenericContainer } from 'testcontainers';

/** The emulator tells devices its own ports, so the host has to have the same ones. */
const ports = [8443, 8883, 5671];

/**
 * @param image such as images.example.com/enrollkit@sha256:...
 * @returns the variables of `enrollkit emulator env`, with the trusted root as a file on this computer; and `stop`
 */
export async function startEmulatorContainer(image) {
  const container = await new GenericContainer(image)
    .withCommand(['emulator', 'start', '--dir', '/tmp/emulator', '--host', '0.0.0.0'])
    .withExposedPorts(...ports.map((port) => ({ container: port, host: port })))
    .start();
  const run = async (...command) => {
    const { exitCode, output } = await container.exec(command);
    if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${output}`);
    return output;
  };
  const folder = mkdtempSync(join(tmpdir(), 'emulator-'));
  const stop = async () => {
    await container.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const env = ['emulator', 'env', '--dir', '/tmp/emulator', '--format', 'json'];
    const variables = JSON.parse(await run('node', '/enrollkit/dist/bin.js', ...env));
    const caFile = join(folder, 'tls-root.pem');
    writeFileSync(caFile, await run('cat', variables.SSL_CERT_FILE));
    for (const name of ['SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'])
      variables[name] = caFile;
    return { variables, caFile, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
