/** The commands, in the order of the help. */
import { sentences } from '../languages/language.js';
import type { SampleLanguage } from '../samples/samples.js';
import type { Command, CommandEntry, Declaration, RunOf } from './kernel/command.js';

const { commands: summaries, families: familySummaries } = sentences.commandTable;

type CommandName = keyof typeof summaries;

/** From the summaries: the table of samples is not loaded for other commands. */
const sampleLanguages = Object.keys(summaries).flatMap(
  (name) => /^sample (?!edge$)(.+)$/.exec(name)?.[1] ?? [],
) as SampleLanguage[];

/** A command that is in one file. */
function inOneFile(name: CommandName, load: () => Promise<Command>): CommandEntry {
  return { name, summary: summaries[name], load, loadRun: async () => (await load()).run };
}

/** A command whose `run` is in a file that its help does not load. */
function inTwoFiles<Declared extends Declaration>(
  name: CommandName,
  load: () => Promise<Declared>,
  loadRun: () => Promise<RunOf<Declared>>,
): CommandEntry {
  return { name, summary: summaries[name], load, loadRun };
}

export const commands: readonly CommandEntry[] = [
  inTwoFiles(
    'quickstart',
    async () => (await import('./quickstart/quickstart.js')).quickstart,
    async () => (await import('./quickstart/quickstart.run.js')).run,
  ),
  inTwoFiles(
    'replay',
    async () => (await import('./quickstart/replay.js')).replay,
    async () => (await import('./quickstart/replay.run.js')).run,
  ),
  inOneFile('runs', async () => (await import('./quickstart/runs.js')).runs),
  inOneFile('runs compare', async () => (await import('./quickstart/runs-compare.js')).runsCompare),
  inTwoFiles(
    'report',
    async () => (await import('./report/report.js')).report,
    async () => (await import('./report/report.run.js')).run,
  ),
  inOneFile('clean', async () => (await import('./quickstart/clean.js')).clean),
  inTwoFiles(
    'doctor',
    async () => (await import('./doctor/doctor.js')).doctor,
    async () => (await import('./doctor/doctor.run.js')).run,
  ),
  inOneFile('explain', async () => (await import('./explain/explain.js')).explain),
  inOneFile('device register', async () => (await import('./device/register.js')).deviceRegister),
  inTwoFiles(
    'device renew',
    async () => (await import('./device/renew.js')).deviceRenew,
    async () => (await import('./device/renew.run.js')).run,
  ),
  inOneFile('device send', async () => (await import('./device/send.js')).deviceSend),
  inTwoFiles(
    'device run',
    async () => (await import('./device/run.js')).deviceRun,
    async () => (await import('./device/run.run.js')).run,
  ),
  inOneFile('device block', async () => (await import('./device/block.js')).deviceBlock),
  inOneFile('device unblock', async () => (await import('./device/unblock.js')).deviceUnblock),
  inTwoFiles(
    'group create',
    async () => (await import('./group/create.js')).groupCreate,
    async () => (await import('./group/create.run.js')).run,
  ),
  inOneFile('group list', async () => (await import('./group/list.js')).groupList),
  inOneFile('group show', async () => (await import('./group/show.js')).groupShow),
  inOneFile('group delete', async () => (await import('./group/delete.js')).groupDelete),
  inOneFile('group devices', async () => (await import('./group/devices.js')).groupDevices),
  inTwoFiles(
    'enrollment create',
    async () => (await import('./enrollment/create.js')).enrollmentCreate,
    async () => (await import('./enrollment/create.run.js')).run,
  ),
  inOneFile('enrollment list', async () => (await import('./enrollment/list.js')).enrollmentList),
  inOneFile('enrollment show', async () => (await import('./enrollment/show.js')).enrollmentShow),
  inOneFile('enrollment delete', async () => (await import('./enrollment/delete.js')).enrollmentDelete),
  inOneFile('registration show', async () => (await import('./registration/show.js')).registrationShow),
  inOneFile('registration delete', async () => (await import('./registration/delete.js')).registrationDelete),
  inOneFile('ca upload', async () => (await import('./ca/upload.js')).caUpload),
  inOneFile('ca verify', async () => (await import('./ca/verify.js')).caVerify),
  inOneFile('ca code', async () => (await import('./ca/code.js')).caCode),
  inOneFile('ca list', async () => (await import('./ca/list.js')).caList),
  inOneFile('ca delete', async () => (await import('./ca/delete.js')).caDelete),
  inOneFile('dps list', async () => (await import('./dps/list.js')).dpsList),
  inOneFile('dps show', async () => (await import('./dps/show.js')).dpsShow),
  inOneFile('dps create', async () => (await import('./dps/create.js')).dpsCreate),
  inOneFile('dps delete', async () => (await import('./dps/delete.js')).dpsDelete),
  inOneFile('hub list', async () => (await import('./hub/list.js')).hubList),
  inOneFile('hub create', async () => (await import('./hub/create.js')).hubCreate),
  inOneFile('hub delete', async () => (await import('./hub/delete.js')).hubDelete),
  inOneFile('hub link', async () => (await import('./hub/link.js')).hubLink),
  inOneFile('hub unlink', async () => (await import('./hub/unlink.js')).hubUnlink),
  inOneFile('namespace list', async () => (await import('./namespace/list.js')).namespaceList),
  inOneFile('namespace show', async () => (await import('./namespace/show.js')).namespaceShow),
  inOneFile('namespace create', async () => (await import('./namespace/create.js')).namespaceCreate),
  inOneFile('namespace delete', async () => (await import('./namespace/delete.js')).namespaceDelete),
  inOneFile('namespace link', async () => (await import('./namespace/link.js')).namespaceLink),
  inOneFile('namespace unlink', async () => (await import('./namespace/unlink.js')).namespaceUnlink),
  inOneFile('authority list', async () => (await import('./authority/list.js')).authorityList),
  inOneFile('authority show', async () => (await import('./authority/show.js')).authorityShow),
  inOneFile('authority create', async () => (await import('./authority/create.js')).authorityCreate),
  inOneFile('authority activate', async () => (await import('./authority/activate.js')).authorityActivate),
  inOneFile('authority delete', async () => (await import('./authority/delete.js')).authorityDelete),
  inOneFile('policy list', async () => (await import('./policy/list.js')).policyList),
  inOneFile('policy show', async () => (await import('./policy/show.js')).policyShow),
  inOneFile('policy create', async () => (await import('./policy/create.js')).policyCreate),
  inOneFile('policy delete', async () => (await import('./policy/delete.js')).policyDelete),
  inOneFile('cert root', async () => (await import('./cert/root.js')).certRoot),
  inOneFile('cert intermediate', async () => (await import('./cert/intermediate.js')).certIntermediate),
  inOneFile('cert device', async () => (await import('./cert/device.js')).certDevice),
  inOneFile('cert edge', async () => (await import('./cert/edge.js')).certEdge),
  inOneFile('cert server', async () => (await import('./cert/server.js')).certServer),
  inOneFile('cert self-signed', async () => (await import('./cert/self-signed.js')).certSelfSigned),
  inOneFile('cert verification', async () => (await import('./cert/verification.js')).certVerification),
  inTwoFiles(
    'cert csr',
    async () => (await import('./cert/csr.js')).certCsr,
    async () => (await import('./cert/csr.run.js')).run,
  ),
  inTwoFiles(
    'cert sign',
    async () => (await import('./cert/sign.js')).certSign,
    async () => (await import('./cert/sign.run.js')).run,
  ),
  inTwoFiles(
    'cert renew',
    async () => (await import('./cert/renew.js')).certRenew,
    async () => (await import('./cert/renew.run.js')).run,
  ),
  inTwoFiles(
    'cert rollover',
    async () => (await import('./cert/rollover.js')).certRollover,
    async () => (await import('./cert/rollover.run.js')).run,
  ),
  inOneFile('cert bundle', async () => (await import('./cert/bundle.js')).certBundle),
  inTwoFiles(
    'cert pfx',
    async () => (await import('./cert/pfx.js')).certPfx,
    async () => (await import('./cert/pfx.run.js')).run,
  ),
  inTwoFiles(
    'cert convert',
    async () => (await import('./cert/convert.js')).certConvert,
    async () => (await import('./cert/convert.run.js')).run,
  ),
  inOneFile('cert inspect', async () => (await import('./cert/inspect.js')).certInspect),
  inTwoFiles(
    'cert tree',
    async () => (await import('./cert/tree.js')).certTree,
    async () => (await import('./cert/tree.run.js')).run,
  ),
  inOneFile('cert fingerprint', async () => (await import('./cert/fingerprint.js')).certFingerprint),
  inOneFile('cert needs-renewal', async () => (await import('./cert/needs-renewal.js')).certNeedsRenewal),
  inTwoFiles(
    'cert verify',
    async () => (await import('./cert/verify.js')).certVerify,
    async () => (await import('./cert/verify.run.js')).run,
  ),
  inTwoFiles(
    'cert lint',
    async () => (await import('./cert/lint.js')).certLint,
    async () => (await import('./cert/lint.run.js')).run,
  ),
  inTwoFiles(
    'fleet issue',
    async () => (await import('./fleet/issue.js')).fleetIssue,
    async () => (await import('./fleet/issue.run.js')).run,
  ),
  inTwoFiles(
    'fleet enroll',
    async () => (await import('./fleet/enroll.js')).fleetEnroll,
    async () => (await import('./fleet/enroll.run.js')).run,
  ),
  inTwoFiles(
    'fleet register',
    async () => (await import('./fleet/register.js')).fleetRegister,
    async () => (await import('./fleet/register.run.js')).run,
  ),
  inTwoFiles(
    'fleet deregister',
    async () => (await import('./fleet/deregister.js')).fleetDeregister,
    async () => (await import('./fleet/deregister.run.js')).run,
  ),
  inOneFile('fleet merge', async () => (await import('./fleet/merge.js')).fleetMerge),
  inTwoFiles(
    'sample edge',
    async () => (await import('./sample/edge.js')).sampleEdge,
    async () => (await import('./sample/edge.run.js')).run,
  ),
  ...sampleLanguages.map((language) =>
    inTwoFiles(
      `sample ${language}`,
      async () => (await import('./sample/language.js')).sampleIn(language),
      async () => (await import('./sample/language.run.js')).runIn(language),
    ),
  ),
  inTwoFiles(
    'certgen',
    async () => (await import('./certgen/certgen.js')).certgen,
    async () => (await import('./certgen/certgen.run.js')).run,
  ),
  inTwoFiles(
    'emulator start',
    async () => (await import('./emulator/start.js')).emulatorStart,
    async () => (await import('./emulator/start.run.js')).run,
  ),
  inOneFile('emulator status', async () => (await import('./emulator/status.js')).emulatorStatus),
  inOneFile('emulator stop', async () => (await import('./emulator/stop.js')).emulatorStop),
  inOneFile('emulator reset', async () => (await import('./emulator/reset.js')).emulatorReset),
  inOneFile('emulator clock', async () => (await import('./emulator/clock.js')).emulatorClock),
  inOneFile('emulator faults', async () => (await import('./emulator/faults.js')).emulatorFaults),
  inOneFile('emulator logs', async () => (await import('./emulator/logs.js')).emulatorLogs),
  inOneFile('emulator messages', async () => (await import('./emulator/messages.js')).emulatorMessages),
  inOneFile('emulator env', async () => (await import('./emulator/env.js')).emulatorEnv),
  inTwoFiles(
    'emulator trust',
    async () => (await import('./emulator/trust.js')).emulatorTrust,
    async () => (await import('./emulator/trust.run.js')).runTrust,
  ),
  inTwoFiles(
    'emulator untrust',
    async () => (await import('./emulator/trust.js')).emulatorUntrust,
    async () => (await import('./emulator/trust.run.js')).runUntrust,
  ),
  inOneFile('completion', async () => (await import('./completion/completion.js')).completion),
];

/** The families of commands, by their first word. The help adds the second words, or the highlights. */
export const families: Readonly<Record<string, { summary: string; highlights?: string }>> = familySummaries;
