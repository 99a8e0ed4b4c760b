/** The commands, in the order of the help. */
import type { Command, CommandEntry, Declaration, RunOf } from './kernel/command.js';

/** A command that is in one file. */
function inOneFile(name: string, summary: string, load: () => Promise<Command>): CommandEntry {
  return { name, summary, load, loadRun: async () => (await load()).run };
}

/** A command whose `run` is in a file that its help does not load. */
function inTwoFiles<Declared extends Declaration>(
  name: string,
  summary: string,
  load: () => Promise<Declared>,
  loadRun: () => Promise<RunOf<Declared>>,
): CommandEntry {
  return { name, summary, load, loadRun };
}

export const commands: readonly CommandEntry[] = [
  inTwoFiles(
    'quickstart',
    'make certificates, enroll a group, register devices',
    async () => (await import('./quickstart/quickstart.js')).quickstart,
    async () => (await import('./quickstart/quickstart.run.js')).run,
  ),
  inTwoFiles(
    'replay',
    'run a recorded quickstart again, and compare',
    async () => (await import('./quickstart/replay.js')).replay,
    async () => (await import('./quickstart/replay.run.js')).run,
  ),
  inOneFile(
    'runs',
    'list the recorded runs of a folder',
    async () => (await import('./quickstart/runs.js')).runs,
  ),
  inOneFile(
    'runs compare',
    'compare two recorded runs',
    async () => (await import('./quickstart/runs-compare.js')).runsCompare,
  ),
  inOneFile(
    'clean',
    'remove what a quickstart made in the provisioning service',
    async () => (await import('./quickstart/clean.js')).clean,
  ),
  inTwoFiles(
    'doctor',
    'check this computer, a folder and its provisioning service',
    async () => (await import('./doctor/doctor.js')).doctor,
    async () => (await import('./doctor/doctor.run.js')).run,
  ),
  inOneFile(
    'explain',
    'tell what an error code means, its causes, and what to do',
    async () => (await import('./explain/explain.js')).explain,
  ),
  inOneFile(
    'device register',
    'register a device, as the device',
    async () => (await import('./device/register.js')).deviceRegister,
  ),
  inOneFile(
    'device send',
    'register a device, send its hub a message, read its twin',
    async () => (await import('./device/send.js')).deviceSend,
  ),
  inOneFile(
    'group create',
    'create an enrollment group',
    async () => (await import('./group/create.js')).groupCreate,
  ),
  inOneFile(
    'group list',
    'list the enrollment groups',
    async () => (await import('./group/list.js')).groupList,
  ),
  inOneFile(
    'group show',
    'show an enrollment group, as the service has it',
    async () => (await import('./group/show.js')).groupShow,
  ),
  inOneFile(
    'group delete',
    'delete an enrollment group',
    async () => (await import('./group/delete.js')).groupDelete,
  ),
  inOneFile(
    'group devices',
    'list the devices that have registered through a group',
    async () => (await import('./group/devices.js')).groupDevices,
  ),
  inTwoFiles(
    'enrollment create',
    'create or change an individual enrollment',
    async () => (await import('./enrollment/create.js')).enrollmentCreate,
    async () => (await import('./enrollment/create.run.js')).run,
  ),
  inOneFile(
    'enrollment list',
    'list the individual enrollments',
    async () => (await import('./enrollment/list.js')).enrollmentList,
  ),
  inOneFile(
    'enrollment show',
    'show an individual enrollment, as the service has it',
    async () => (await import('./enrollment/show.js')).enrollmentShow,
  ),
  inOneFile(
    'enrollment delete',
    'delete an individual enrollment',
    async () => (await import('./enrollment/delete.js')).enrollmentDelete,
  ),
  inOneFile(
    'registration show',
    'show the registration record of a device',
    async () => (await import('./registration/show.js')).registrationShow,
  ),
  inOneFile(
    'registration delete',
    'delete the registration record of a device',
    async () => (await import('./registration/delete.js')).registrationDelete,
  ),
  inOneFile('ca upload', 'upload a CA certificate', async () => (await import('./ca/upload.js')).caUpload),
  inOneFile(
    'ca verify',
    'prove possession of an uploaded CA’s private key',
    async () => (await import('./ca/verify.js')).caVerify,
  ),
  inOneFile(
    'ca code',
    'generate a verification code for an uploaded CA',
    async () => (await import('./ca/code.js')).caCode,
  ),
  inOneFile(
    'ca list',
    'list the uploaded CA certificates',
    async () => (await import('./ca/list.js')).caList,
  ),
  inOneFile(
    'ca delete',
    'delete an uploaded CA certificate',
    async () => (await import('./ca/delete.js')).caDelete,
  ),
  inOneFile('cert root', 'make a root CA', async () => (await import('./cert/root.js')).certRoot),
  inOneFile(
    'cert intermediate',
    'make an intermediate CA below another',
    async () => (await import('./cert/intermediate.js')).certIntermediate,
  ),
  inOneFile(
    'cert device',
    'make a device’s certificate',
    async () => (await import('./cert/device.js')).certDevice,
  ),
  inOneFile(
    'cert edge',
    'make the CA of an IoT Edge gateway',
    async () => (await import('./cert/edge.js')).certEdge,
  ),
  inOneFile(
    'cert server',
    'make a TLS server’s certificate',
    async () => (await import('./cert/server.js')).certServer,
  ),
  inOneFile(
    'cert self-signed',
    'make a certificate for an individual enrollment',
    async () => (await import('./cert/self-signed.js')).certSelfSigned,
  ),
  inOneFile(
    'cert verification',
    'answer a proof-of-possession challenge',
    async () => (await import('./cert/verification.js')).certVerification,
  ),
  inTwoFiles(
    'cert csr',
    'make a certificate request',
    async () => (await import('./cert/csr.js')).certCsr,
    async () => (await import('./cert/csr.run.js')).run,
  ),
  inTwoFiles(
    'cert sign',
    'sign a certificate request',
    async () => (await import('./cert/sign.js')).certSign,
    async () => (await import('./cert/sign.run.js')).run,
  ),
  inTwoFiles(
    'cert renew',
    'renew a certificate, with new dates',
    async () => (await import('./cert/renew.js')).certRenew,
    async () => (await import('./cert/renew.run.js')).run,
  ),
  inTwoFiles(
    'cert rollover',
    'a new CA for an old one, while devices of both are accepted',
    async () => (await import('./cert/rollover.js')).certRollover,
    async () => (await import('./cert/rollover.run.js')).run,
  ),
  inOneFile(
    'cert bundle',
    'put a chain into order, in one file',
    async () => (await import('./cert/bundle.js')).certBundle,
  ),
  inTwoFiles(
    'cert pfx',
    'pack certificate, key and chain into PKCS#12',
    async () => (await import('./cert/pfx.js')).certPfx,
    async () => (await import('./cert/pfx.run.js')).run,
  ),
  inTwoFiles(
    'cert convert',
    'PEM, DER, PKCS#7, PKCS#12: one into another',
    async () => (await import('./cert/convert.js')).certConvert,
    async () => (await import('./cert/convert.run.js')).run,
  ),
  inOneFile(
    'cert inspect',
    'show the certificates of a file or a folder',
    async () => (await import('./cert/inspect.js')).certInspect,
  ),
  inOneFile(
    'cert fingerprint',
    'print SHA-1 and SHA-256',
    async () => (await import('./cert/fingerprint.js')).certFingerprint,
  ),
  inOneFile(
    'cert needs-renewal',
    'tell by the exit status whether one ends soon',
    async () => (await import('./cert/needs-renewal.js')).certNeedsRenewal,
  ),
  inTwoFiles(
    'cert verify',
    'check a chain, and tell what does not hold',
    async () => (await import('./cert/verify.js')).certVerify,
    async () => (await import('./cert/verify.run.js')).run,
  ),
  inTwoFiles(
    'cert lint',
    'tell what breaks, or may break, a rule of RFC 5280 or of DPS',
    async () => (await import('./cert/lint.js')).certLint,
    async () => (await import('./cert/lint.run.js')).run,
  ),
  inTwoFiles(
    'fleet issue',
    'make the certificates of many devices, on all cores',
    async () => (await import('./fleet/issue.js')).fleetIssue,
    async () => (await import('./fleet/issue.run.js')).run,
  ),
  inTwoFiles(
    'fleet enroll',
    'create an individual enrollment for each device of a fleet',
    async () => (await import('./fleet/enroll.js')).fleetEnroll,
    async () => (await import('./fleet/enroll.run.js')).run,
  ),
  inTwoFiles(
    'fleet register',
    'register each device of a fleet, as the device',
    async () => (await import('./fleet/register.js')).fleetRegister,
    async () => (await import('./fleet/register.run.js')).run,
  ),
  inTwoFiles(
    'fleet deregister',
    'delete what registering a fleet has left',
    async () => (await import('./fleet/deregister.js')).fleetDeregister,
    async () => (await import('./fleet/deregister.run.js')).run,
  ),
  inOneFile(
    'fleet merge',
    'join the manifests of the parts of a fleet',
    async () => (await import('./fleet/merge.js')).fleetMerge,
  ),
  inTwoFiles(
    'certgen',
    'the commands of certGen.sh, with the files that they leave',
    async () => (await import('./certgen/certgen.js')).certgen,
    async () => (await import('./certgen/certgen.run.js')).run,
  ),
  inTwoFiles(
    'emulator start',
    'run a provisioning service and a hub on this computer',
    async () => (await import('./emulator/start.js')).emulatorStart,
    async () => (await import('./emulator/start.run.js')).run,
  ),
  inOneFile(
    'emulator status',
    'tell whether an emulator runs, and where it is reached',
    async () => (await import('./emulator/status.js')).emulatorStatus,
  ),
  inOneFile(
    'emulator stop',
    'stop the running emulator',
    async () => (await import('./emulator/stop.js')).emulatorStop,
  ),
  inOneFile(
    'emulator reset',
    'delete all that was made in the emulator',
    async () => (await import('./emulator/reset.js')).emulatorReset,
  ),
  inOneFile(
    'emulator clock',
    'show or set the clock of the running emulator',
    async () => (await import('./emulator/clock.js')).emulatorClock,
  ),
  inOneFile(
    'emulator faults',
    'make the running emulator misbehave',
    async () => (await import('./emulator/faults.js')).emulatorFaults,
  ),
  inOneFile(
    'emulator logs',
    'show what the emulator refused, and why',
    async () => (await import('./emulator/logs.js')).emulatorLogs,
  ),
  inOneFile(
    'emulator messages',
    'show what devices sent to the hub of the running emulator',
    async () => (await import('./emulator/messages.js')).emulatorMessages,
  ),
  inOneFile(
    'emulator env',
    'print the environment that points SDKs at the running emulator',
    async () => (await import('./emulator/env.js')).emulatorEnv,
  ),
];

/** The families of commands, by their first word. The help adds the second words, or the highlights. */
export const families: Readonly<Record<string, { summary: string; highlights?: string }>> = {
  device: { summary: 'act as a device' },
  group: { summary: 'enrollment groups' },
  enrollment: { summary: 'individual enrollments, of one device each' },
  registration: { summary: 'registration records of devices' },
  ca: { summary: 'CA certificates in DPS' },
  cert: {
    summary: 'certificates on this computer',
    highlights: 'make, sign, convert, inspect, verify, lint',
  },
  fleet: { summary: 'many devices' },
  emulator: { summary: 'the embedded DPS' },
};
