/** An emulator in a process of its own, with devices that may register. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { EmulatorEndpoints } from '../../src/emulator/endpoints.js';
import { privateKeyToPem } from '../../src/pki/keys.js';
import { make } from '../../test/support/chains.js';
import { type BenchDevice, benchDevice } from './device-client.js';

export const thisCheckout = fileURLToPath(new URL('../..', import.meta.url));

/** Starts a program in Node.js and reads the line of JSON that it prints when it is ready. */
export async function startProcess(arguments_: string[]): Promise<{ child: ChildProcess; said: unknown }> {
  const child = spawn(process.execPath, arguments_, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return { child, said: JSON.parse(text) };
}

/** @param checkout a folder with enrollkit, built */
export async function startEmulatorProcess(checkout: string, dir: string) {
  const ports = ['--port', '0', '--mqtt-port', '0'];
  const bin = join(checkout, 'dist', 'bin.js');
  const { child, said } = await startProcess([bin, 'emulator', 'start', '--json', '--dir', dir, ...ports]);
  return { child, endpoints: said as EmulatorEndpoints };
}

export async function stopProcesses(children: readonly ChildProcess[]): Promise<void> {
  for (const child of children) child.kill();
  await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
}

export interface ServiceCalls {
  (method: string, path: string, authorization: string, body?: unknown): Promise<void>;
  end(): void;
}

/** Calls of the service plane and of Azure Resource Manager, which fail unless they are answered with success. */
export function serviceCalls(endpoints: EmulatorEndpoints, concurrency: number): ServiceCalls {
  const ca = readFileSync(endpoints.caFile, 'utf8');
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency, ca });
  const call = (method: string, path: string, authorization: string, body?: unknown) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise<void>((resolve, reject) => {
      const headers: Record<string, string> = { authorization };
      if (text !== undefined) headers['content-type'] = 'application/json';
      const options = { method, agent, headers };
      const asked = request(new URL(path, endpoints.armEndpoint), options, async (response) => {
        let answer = '';
        for await (const chunk of response.setEncoding('utf8')) answer += chunk;
        if (response.statusCode! < 300) resolve();
        else reject(new Error(`${method} ${path}: ${response.statusCode} ${answer}`));
      });
      asked.on('error', reject);
      asked.end(text);
    });
  };
  return Object.assign(call, { end: () => agent.destroy() });
}

/** Uploads a root, creates an enrollment group for it, and makes devices two levels below. */
export async function benchFleet(
  endpoints: EmulatorEndpoints,
  call: ServiceCalls,
  count: number,
): Promise<BenchDevice[]> {
  const { subscriptionId, resourceGroup, dpsName, armToken, caFile } = endpoints;
  const bearer = `Bearer ${armToken}`;
  const root = await make('root', 'Bench Root');
  const intermediate = await make('intermediate', 'Bench Intermediate', root);
  const service = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Devices/provisioningServices/${dpsName}`;
  await call('PUT', `${service}/certificates/root?api-version=2022-02-05`, bearer, {
    properties: { certificate: Buffer.from(root.pem).toString('base64'), isVerified: true },
  });
  await call('PUT', '/enrollmentGroups/x509?api-version=2021-10-01', bearer, {
    enrollmentGroupId: 'x509',
    attestation: { type: 'x509', x509: { caReferences: { primary: 'root' } } },
  });
  const ca = readFileSync(caFile, 'utf8');
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const id = `bench-${index}`;
      const device = await make('device', id, intermediate);
      return benchDevice(id, device.pem + intermediate.pem, await privateKeyToPem(device.privateKey), ca);
    }),
  );
}
