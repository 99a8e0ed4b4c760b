/** A quickstart, from a plan to devices that are registered. */
import { ControlPlane } from '../dps/client/arm.js';
import { ServicePlane } from '../dps/client/service.js';
import { shownEnrollment } from '../dps/client/shown-enrollment.js';
import { serviceClock, type Target } from '../dps/client/target.js';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { sha1Thumbprint, sha256Thumbprint } from '../pki/x509/inspect.js';
import { lookAt, publicFileMode, readTextIfExists } from '../workspace/files.js';
import type { JournalTarget } from '../workspace/journal.js';
import { assertOwnFolder, type Layout, layoutOf } from '../workspace/layout.js';
import { openFolder } from '../workspace/open-folder.js';
import { assertNoRollover } from '../workspace/rollover-record.js';
import { loadCertificate, type StoredCertificate } from '../workspace/stored-certificates.js';
import { doEarlierSteps, type EarlierRun } from './earlier-steps.js';
import type { Emit } from './events.js';
import { assertCanUse } from './existing-ca.js';
import type { Plan } from './plan/fields.js';
import { assertNotNewer, formatPlan } from './plan/plan.js';
import { keepsKeys, registers, usesGroup } from './planned-certificates.js';
import { enrollmentGroupOf } from './planned-enrollment-group.js';
import { type PortalAssistant, portalAddress } from './portal.js';
import { Recorder } from './recording/recorder.js';
import type { Recording } from './recording/schema.js';
import { saveRecording } from './recording/store.js';
import { assertRoomForPlan } from './remains.js';
import type { CertificateResult, DeviceResult, QuickstartResult } from './result.js';
import { asEnrollkitError, type BeforeStep, runSteps, type StepTiming } from './run-steps.js';
import { enrollmentGroupProgram } from './sample-program.js';
import { type ExistingCa, type Found, type RunContext, requireFound, signingCa } from './step.js';
import { stepsOf } from './steps/index.js';

export interface QuickstartOptions {
  plan: Plan;
  /** The certificate folder. */
  folder: string;
  target: Target;
  /** Opens encrypted keys, and encrypts new ones where the plan says so. */
  passphrase?: string | undefined;
  /** Asks the person for what the portal shows; without one, such a run ends and is resumed later. */
  portal?: PortalAssistant | undefined;
  /** The CA that a plan with `certificates.existingCa` uses, unless the folder already has it. */
  existingCa?: ExistingCa | undefined;
  /** Certificate requests of devices that keep their keys, by registration ID; those in the folder need not be given. */
  requests?: ReadonlyMap<string, string> | undefined;
  verificationCode?: string | undefined;
  /** Secrets of the environment, such as the password of a proxy, that an error could quote: masked in the recording. */
  secrets?: readonly string[] | undefined;
  /** The clock by which certificates are made and judged; that of the target by default. */
  now?: () => Date;
  signal: AbortSignal;
  emit: Emit;
  /** Called before each step; the run waits for it. */
  beforeStep?: BeforeStep | undefined;
  /** Whether the folder must be one that no run has used. */
  isNewFolder?: boolean | undefined;
  /** The run that this one replays, for its recording. */
  replayOf?: Recording['replayOf'];
  /** What the run that this one replays found done. It is done first. */
  earlierRun?: EarlierRun | undefined;
}

/**
 * Runs a plan: the chain, the CA in DPS, proof of possession, the enrollment group, devices made, registered and
 * connected. Every step is idempotent: run again after a failure or an interruption, it goes on where it stopped, and
 * a run that finds everything done rewrites no file. It leaves a recording, also when it fails.
 *
 * @throws EnrollkitError FOLDER_NOT_EMPTY; of the step that failed, and its context has the path of the `recording`
 */
export async function runQuickstart(options: QuickstartOptions): Promise<QuickstartResult> {
  const started = performance.now();
  const { plan, signal, now = serviceClock(options.target) } = options;
  const layout = layoutOf(options.folder);
  assertOwnFolder(layout);
  assertNotNewer(layout.plan);
  const { journal, files, close } = openFolder(layout, now);
  if (options.isNewFolder && lookAt(layout.plan)) {
    close();
    throw folderUsed(layout.folder);
  }
  const { passphrase, verificationCode, portal, replayOf } = options;
  const recorder = new Recorder({
    plan,
    folder: layout.folder,
    target: options.target,
    passphrase,
    verificationCode,
    secrets: options.secrets,
    replayOf,
  });
  const { target } = recorder;
  const control = new ControlPlane(target);
  const service = new ServicePlane(target);
  const found = nothingFound();
  const record = (failure?: EnrollkitError) =>
    saveRecording(
      layout,
      recorder.recording({ certificates: certificatesOf(found), sentAgain: [...found.sentAgain] }, failure),
    );
  const emit: Emit = (event) => {
    recorder.on(event);
    options.emit(event);
  };
  try {
    assertNoRollover(layout);
    const context = {
      plan,
      layout,
      journal,
      files,
      journalTarget: journalTargetOf(target),
      target,
      control,
      service,
      passphrase,
      portal: portal && recorder.portal(portal),
      verificationCode,
      existingCa: options.existingCa,
      requests: options.requests ?? new Map<string, string>(),
      now,
      signal,
      found,
    };
    assertRoomForPlan(context);
    if (options.existingCa) await assertCanUse(plan, options.existingCa, now());
    keepPlan(context);
    if (options.earlierRun) await doEarlier(options.earlierRun, context, options);
    const timings = await runSteps(stepsOf(plan), context, { emit, beforeStep: options.beforeStep });
    const programKept = usesGroup(plan) && !writeProgram(context);
    const elapsedMs = Math.round(performance.now() - started);
    return { ...result({ ...context, programKept }, timings, elapsedMs), recording: record() };
  } catch (thrown) {
    throw recorded(asEnrollkitError(thrown, signal), record);
  } finally {
    control.close();
    service.close();
    close();
  }
}

/** The error for a folder that another run has used, where a new one is needed. */
export function folderUsed(folder: string): EnrollkitError {
  return new EnrollkitError('FOLDER_NOT_EMPTY', sentences.quickstart.folderUsed(folder), {
    next: sentences.quickstart.newFolder,
    context: { folder },
  });
}

function nothingFound(): Found {
  return {
    keys: new Map(),
    generatedKeys: new Map(),
    made: new Map(),
    written: new Map(),
    registeredNow: new Set(),
    connectedNow: new Set(),
    sentAgain: new Set(),
  };
}

/** Uses separate clients, so that its requests are not recorded. */
async function doEarlier(
  earlierRun: EarlierRun,
  context: Omit<RunContext, 'progress'>,
  { target, emit, beforeStep }: QuickstartOptions,
): Promise<void> {
  const [control, service] = [new ControlPlane(target), new ServicePlane(target)];
  try {
    const found = nothingFound();
    await doEarlierSteps(earlierRun, { ...context, target, control, service, found }, { emit, beforeStep });
  } finally {
    control.close();
    service.close();
  }
}

/** The failure of a run, naming its recording; what keeps that from being written does not hide the failure. */
function recorded(failure: EnrollkitError, record: (failure: EnrollkitError) => string): EnrollkitError {
  try {
    failure.context.recording = record(failure);
  } catch (error) {
    if (!(error instanceof EnrollkitError)) throw error;
  }
  return failure;
}

function certificatesOf({ root, intermediate, devices }: Found): StoredCertificate[] {
  return [root, intermediate, ...(devices?.values() ?? [])].filter((one) => one !== undefined);
}

/** How the journal names a target. */
export function journalTargetOf({ kind, subscriptionId, resourceGroup, dpsName }: Target): JournalTarget {
  return kind === 'emulator' ? { kind } : { kind, subscriptionId, resourceGroup, dpsName };
}

function keepPlan({ files, layout, plan }: Pick<RunContext, 'files' | 'layout' | 'plan'>): void {
  const text = formatPlan(plan);
  if (readTextIfExists(layout.plan) !== text) files.replace(layout.plan, text, publicFileMode);
}

/** @returns false when the program was changed since a run wrote it: it is there to be changed, and then stays */
function writeProgram({ plan, found, layout, files }: Omit<RunContext, 'progress'>): boolean {
  const group = enrollmentGroupOf(plan, signingCa(found), found.linkedHubs ?? []);
  const signerPath = found.intermediate ? 'ca/intermediate/certificate.pem' : 'ca/root/certificate.pem';
  const text = enrollmentGroupProgram(group, signerPath);
  const path = layout.enrollmentGroupProgram;
  if (readTextIfExists(path) === text) return true;
  if (lookAt(path) && !files.isUnchanged(path)) return false;
  files.write(path, text, publicFileMode);
  return true;
}

function result(
  context: Omit<RunContext, 'progress'> & { programKept: boolean },
  steps: StepTiming[],
  elapsedMs: number,
): Omit<QuickstartResult, 'recording'> {
  const { found, target, plan, layout } = context;
  return {
    target: {
      kind: target.kind,
      dpsName: target.dpsName,
      idScope: requireFound(found, 'idScope'),
      portalUrl: target.kind === 'azure' ? portalAddress(target) : null,
    },
    certificates: {
      root: found.root ? certificateResult(found.root) : null,
      intermediate: found.intermediate ? certificateResult(found.intermediate) : null,
      uploadedName: usesGroup(plan) ? plan.certificateAuthority.name : null,
    },
    enrollmentGroup: found.enrollmentGroup ? shownEnrollment(found.enrollmentGroup) : null,
    ...(found.enrollments
      ? {
          enrollments: plan.devices.registrationIds.map((id) => shownEnrollment(found.enrollments!.get(id)!)),
        }
      : {}),
    devices: plan.devices.registrationIds.map((id) => deviceResult(context, layout, id)),
    program: usesGroup(plan) ? layout.enrollmentGroupProgram : null,
    ...(context.programKept ? { programKept: true } : {}),
    steps,
    elapsedMs,
  };
}

function certificateResult({ certificate, paths }: StoredCertificate): CertificateResult {
  return {
    commonName: certificate.subject.commonName ?? '',
    sha1Thumbprint: sha1Thumbprint(certificate),
    sha256Thumbprint: sha256Thumbprint(certificate),
    notAfter: certificate.notAfter.toISOString(),
    certificate: paths.certificate,
    chain: paths.chain,
    key: paths.key,
  };
}

function deviceResult(
  { plan, found }: Omit<RunContext, 'progress'>,
  layout: Layout,
  registrationId: string,
): DeviceResult {
  const { certificate } = requireFound(found, 'devices').get(registrationId)!;
  const registration = found.registrations?.get(registrationId);
  const paths = layout.device(registrationId);
  const operational =
    plan.devices.requestCertificates && registers(plan) ? loadCertificate(paths.operational) : undefined;
  return {
    registrationId,
    deviceId: registration?.deviceId ?? found.enrollments?.get(registrationId)?.deviceId ?? registrationId,
    assignedHub: registration?.assignedHub ?? '',
    status: registration?.status ?? 'unassigned',
    certificate: paths.certificate,
    chain: paths.chain,
    key: keepsKeys(plan) ? null : paths.key,
    pfx: keepsKeys(plan) ? null : paths.pfx,
    sha256Thumbprint: sha256Thumbprint(certificate),
    notAfter: certificate.notAfter.toISOString(),
    ...(operational ? { operational: certificateResult(operational) } : {}),
  };
}
