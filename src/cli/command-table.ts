/** The command table, in the order of the help. What a command is made of is loaded when it is named. */
import type { Command } from './kernel/untyped-command.js';

export interface CommandEntry {
  /** One word, or two for a command of a family: `group create`. */
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

export const commands: readonly CommandEntry[] = [
  {
    name: 'quickstart',
    summary: 'make certificates, enroll a group, register devices',
    load: async () => (await import('./quickstart/quickstart.js')).quickstart,
  },
  {
    name: 'clean',
    summary: 'remove what a quickstart made in the provisioning service',
    load: async () => (await import('./quickstart/clean.js')).clean,
  },
  {
    name: 'device register',
    summary: 'register a device, as the device',
    load: async () => (await import('./device/register.js')).deviceRegister,
  },
  {
    name: 'device send',
    summary: 'register a device, send its hub a message, read its twin',
    load: async () => (await import('./device/send.js')).deviceSend,
  },
  {
    name: 'group create',
    summary: 'create an enrollment group',
    load: async () => (await import('./group/create.js')).groupCreate,
  },
  {
    name: 'group list',
    summary: 'list the enrollment groups',
    load: async () => (await import('./group/list.js')).groupList,
  },
  {
    name: 'group show',
    summary: 'show an enrollment group, as the service has it',
    load: async () => (await import('./group/show.js')).groupShow,
  },
  {
    name: 'group delete',
    summary: 'delete an enrollment group',
    load: async () => (await import('./group/delete.js')).groupDelete,
  },
  {
    name: 'ca upload',
    summary: 'upload a CA certificate',
    load: async () => (await import('./ca/upload.js')).caUpload,
  },
  {
    name: 'ca verify',
    summary: 'prove possession of an uploaded CA’s private key',
    load: async () => (await import('./ca/verify.js')).caVerify,
  },
  {
    name: 'ca list',
    summary: 'list the uploaded CA certificates',
    load: async () => (await import('./ca/list.js')).caList,
  },
  {
    name: 'ca delete',
    summary: 'delete an uploaded CA certificate',
    load: async () => (await import('./ca/delete.js')).caDelete,
  },
  {
    name: 'cert root',
    summary: 'make a root CA',
    load: async () => (await import('./cert/root.js')).certRoot,
  },
  {
    name: 'cert intermediate',
    summary: 'make an intermediate CA below another',
    load: async () => (await import('./cert/intermediate.js')).certIntermediate,
  },
  {
    name: 'cert device',
    summary: 'make a device’s certificate',
    load: async () => (await import('./cert/device.js')).certDevice,
  },
  {
    name: 'cert edge',
    summary: 'make the CA of an IoT Edge gateway',
    load: async () => (await import('./cert/edge.js')).certEdge,
  },
  {
    name: 'cert server',
    summary: 'make a TLS server’s certificate',
    load: async () => (await import('./cert/server.js')).certServer,
  },
  {
    name: 'cert self-signed',
    summary: 'make a certificate for an individual enrollment',
    load: async () => (await import('./cert/self-signed.js')).certSelfSigned,
  },
  {
    name: 'cert verification',
    summary: 'answer a proof-of-possession challenge',
    load: async () => (await import('./cert/verification.js')).certVerification,
  },
  {
    name: 'cert csr',
    summary: 'make a certificate request',
    load: async () => (await import('./cert/csr.js')).certCsr,
  },
  {
    name: 'cert sign',
    summary: 'sign a certificate request',
    load: async () => (await import('./cert/sign.js')).certSign,
  },
  {
    name: 'cert renew',
    summary: 'make a certificate anew, with new dates',
    load: async () => (await import('./cert/renew.js')).certRenew,
  },
  {
    name: 'cert rollover',
    summary: 'a new CA for an old one, while devices of both are accepted',
    load: async () => (await import('./cert/rollover.js')).certRollover,
  },
  {
    name: 'cert bundle',
    summary: 'put a chain into order, in one file',
    load: async () => (await import('./cert/bundle.js')).certBundle,
  },
  {
    name: 'cert pfx',
    summary: 'pack certificate, key and chain into PKCS#12',
    load: async () => (await import('./cert/pfx.js')).certPfx,
  },
  {
    name: 'cert convert',
    summary: 'PEM, DER, PKCS#7, PKCS#12: one into another',
    load: async () => (await import('./cert/convert.js')).certConvert,
  },
  {
    name: 'cert inspect',
    summary: 'show the certificates of a file or a folder',
    load: async () => (await import('./cert/inspect.js')).certInspect,
  },
  {
    name: 'cert fingerprint',
    summary: 'print SHA-1 and SHA-256',
    load: async () => (await import('./cert/fingerprint.js')).certFingerprint,
  },
  {
    name: 'cert needs-renewal',
    summary: 'tell by the exit status whether one ends soon',
    load: async () => (await import('./cert/needs-renewal.js')).certNeedsRenewal,
  },
  {
    name: 'cert verify',
    summary: 'check a chain, and tell what does not hold',
    load: async () => (await import('./cert/verify.js')).certVerify,
  },
  {
    name: 'cert lint',
    summary: 'tell what breaks, or may break, a rule of RFC 5280 or of DPS',
    load: async () => (await import('./cert/lint.js')).certLint,
  },
  {
    name: 'fleet issue',
    summary: 'make the certificates of many devices, on all cores',
    load: async () => (await import('./fleet/issue.js')).fleetIssue,
  },
  {
    name: 'fleet enroll',
    summary: 'create an individual enrollment for each device of a fleet',
    load: async () => (await import('./fleet/enroll.js')).fleetEnroll,
  },
  {
    name: 'fleet register',
    summary: 'register each device of a fleet, as the device',
    load: async () => (await import('./fleet/register.js')).fleetRegister,
  },
  {
    name: 'fleet deregister',
    summary: 'delete what registering a fleet has left',
    load: async () => (await import('./fleet/deregister.js')).fleetDeregister,
  },
  {
    name: 'fleet merge',
    summary: 'join the manifests of the parts of a fleet',
    load: async () => (await import('./fleet/merge.js')).fleetMerge,
  },
  {
    name: 'certgen',
    summary: 'the commands of certGen.sh, with the files that they leave',
    load: async () => (await import('./certgen/certgen.js')).certgen,
  },
  {
    name: 'emulator start',
    summary: 'run a provisioning service and a hub on this computer',
    load: async () => (await import('./emulator/start.js')).emulatorStart,
  },
  {
    name: 'emulator status',
    summary: 'tell whether an emulator runs, and where it is reached',
    load: async () => (await import('./emulator/status.js')).emulatorStatus,
  },
  {
    name: 'emulator stop',
    summary: 'stop the running emulator',
    load: async () => (await import('./emulator/stop.js')).emulatorStop,
  },
  {
    name: 'emulator reset',
    summary: 'delete all that was made in the emulator',
    load: async () => (await import('./emulator/reset.js')).emulatorReset,
  },
  {
    name: 'emulator clock',
    summary: 'show or set the clock of the running emulator',
    load: async () => (await import('./emulator/clock.js')).emulatorClock,
  },
  {
    name: 'emulator messages',
    summary: 'show what devices sent to the hub of the running emulator',
    load: async () => (await import('./emulator/messages.js')).emulatorMessages,
  },
  {
    name: 'emulator env',
    summary: 'print the environment that points SDKs at the running emulator',
    load: async () => (await import('./emulator/env.js')).emulatorEnv,
  },
];

/** Commands of two words, by their first. */
export const families: Readonly<Record<string, string>> = {
  device: 'act as a device: register, send',
  group: 'enrollment groups: create, list, show, delete',
  ca: 'CA certificates in DPS: upload, verify, list, delete',
  cert: 'certificates on this computer: make, sign, convert, inspect, verify, lint',
  fleet: 'many devices: issue, enroll, register, deregister, merge',
  emulator: 'the embedded DPS: start, status, stop, reset, clock, messages, env',
};
