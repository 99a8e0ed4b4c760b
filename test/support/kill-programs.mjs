/**
 * Commands whose other end cannot be Azure in a test, as programs that {@link KillRig} kills: `node kill-programs.mjs
 * NAME`, or `run(NAME)` in the current process. Azure is an emulator, in `account`.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { emulatorTarget } from '../../build/dps/client/target.js';
import { startEmulator } from '../../build/emulator/start.js';
import { isLoopbackAddress } from '../../build/emulator/wire/network/loopback.js';
import { cleanLocal, cleanRemote } from '../../build/quickstart/clean.js';
import { defaultPlan } from '../../build/quickstart/plan/answers.js';
import { runQuickstart } from '../../build/quickstart/run.js';

const names = { resourceGroup: 'plant', dpsName: 'plant-dps' };
const [folder, account] = ['certs', 'account'];
const options = { folder, signal: new AbortController().signal };

const programs = {
  'quickstart --create': () =>
    inAccount((azure) => {
      const plan = structuredClone(defaultPlan);
      plan.devices.registrationIds = ['device-001'];
      plan.target = {
        kind: 'azure',
        subscriptionId: azure.subscriptionId,
        ...names,
        create: true,
        location: 'westeurope',
      };
      return runQuickstart({ ...options, plan, target: azure, emit() {} });
    }),
  'clean --certificates': () =>
    inAccount(async (azure) => {
      const { kept } = await cleanRemote({ ...options, targetFor: async () => azure });
      if (kept.length > 0) throw new Error(kept.map(({ thing, why }) => `${thing.kind}: ${why}`).join('\n'));
      cleanLocal(folder);
    }),
  'emulator start --seed': async () => {
    const seed = JSON.parse(readFileSync('seed.json', 'utf8'));
    const emulator = await startEmulator({ dir: `${folder}/.enrollkit`, seed });
    await emulator.stop();
  },
  'seed file': async () => {
    const symmetricKey = { type: 'symmetricKey' };
    const seed = {
      hubs: ['hub-1', 'hub-2'],
      devices: [{ deviceId: 'lamp-1' }, { deviceId: 'lamp-2', hub: 'hub-2' }],
      enrollments: [{ registrationId: 'lamp-3', attestation: symmetricKey }],
      enrollmentGroups: [{ enrollmentGroupId: 'lamps', attestation: symmetricKey }],
      services: [{ name: 'second', iotHubs: ['hub-2'] }],
    };
    writeFileSync('seed.json', JSON.stringify(seed));
  },
};

/** The ports stay, as the names of Azure do. */
async function inAccount(act) {
  const ports = `${account}.json`;
  const kept = existsSync(ports) ? JSON.parse(readFileSync(ports, 'utf8')) : {};
  const emulator = await startEmulator({ dir: account, ...kept });
  const { endpoints } = emulator;
  if (!existsSync(ports)) {
    const { https, mqtt, amqp } = endpoints.ports;
    writeFileSync(ports, JSON.stringify({ httpsPort: https, mqttPort: mqtt, amqpPort: amqp }));
  }
  const target = emulatorTarget(endpoints, readFileSync(endpoints.caFile, 'utf8'));
  // Where the emulator has the first service that is created.
  const host = (await isLoopbackAddress('127.0.0.2')) ? '127.0.0.2' : `${names.dpsName}.localhost`;
  const serviceHostName = `${host}:${endpoints.ports.https}`;
  const azure = { ...target, ...names, kind: 'azure', service: 'from-arm', serviceHostName };
  try {
    await act({ ...azure, hubConnectionStrings: [], messageArrived: undefined });
  } finally {
    await emulator.stop();
  }
}

/** @returns as a command answers */
export async function run(name) {
  try {
    await programs[name]();
    return { status: 0, stderr: '' };
  } catch (error) {
    return { status: error.exitStatus ?? 1, stderr: error.stack };
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { status, stderr } = await run(process.argv[2]);
  process.stderr.write(stderr);
  process.exitCode = status;
}
