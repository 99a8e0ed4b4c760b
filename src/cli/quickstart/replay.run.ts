/** Runs a recorded plan again, and compares the two runs. */

import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { ControlPlane } from '../../dps/client/arm.js';
import type { Target } from '../../dps/client/target.js';
import { EnrollkitError, type ExitStatus, exitStatus } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { generateKeyPair } from '../../pki/keys.js';
import { makeCertificateRequest } from '../../pki/make/certificate-request.js';
import type { Plan } from '../../quickstart/plan/fields.js';
import { keepsKeys } from '../../quickstart/planned-certificates.js';
import { compareRecordings, wasInterrupted } from '../../quickstart/recording/compare.js';
import { foundEarlier } from '../../quickstart/recording/earlier.js';
import { namesGiven } from '../../quickstart/recording/names.js';
import { offlineTarget } from '../../quickstart/recording/offline.js';
import { recordedAnswers } from '../../quickstart/recording/portal-replay.js';
import { readRecording } from '../../quickstart/recording/read.js';
import type { Recording } from '../../quickstart/recording/schema.js';
import { folderUsed, type QuickstartOptions, runQuickstart } from '../../quickstart/run.js';
import { isFolder } from '../../workspace/files.js';
import { assertOwnFolder, type Layout, layoutOf } from '../../workspace/layout.js';
import { environmentSecrets } from '../input/environment-secrets.js';
import { givenPassphrase } from '../input/passphrase.js';
import { givenFields } from '../input/plan-flags.js';
import { planFrom } from '../input/plan-input.js';
import { openRecording } from '../input/recording-argument.js';
import type { Context, FlagsOf, RunOf } from '../kernel/command.js';
import { shownError } from '../kernel/report-error.js';
import { emulatorToUse } from '../target/emulator-state.js';
import { withTarget } from '../target/target.js';
import { plainProgress } from '../terminal/plain-progress.js';
import { displayPath } from '../terminal/text.js';
import { differencesText, versionsText } from './differences-text.js';
import { type GivenDevices, givenDevices, withDevices } from './given-devices.js';
import { defaultReplayFolder, type replay } from './replay.js';
import { progressFor } from './run-plan.js';
import { UnfinishedReplay } from './unfinished-replay.js';

type ReplayFlags = FlagsOf<typeof replay>;

export const run: RunOf<typeof replay> = async ({ args, flags }, context) => {
  const { output } = context;
  const { path, recording } = openRecording(args.recording);
  assertFlags(flags, context);
  const folder = flags.dir ?? defaultReplayFolder;
  const layout = layoutOf(folder);
  const unfinished = new UnfinishedReplay(layout, recording, flags);
  assertNewFolder(layout, unfinished);
  const plan = plannedReplay(recording, flags, await givenDevices(flags));
  if (unfinished.exists) {
    output.note('replay.restarted', sentences.cliQuickstart.replayRestarted(displayPath(layout.folder)));
    await unfinished.remove(flags, context);
  }
  const { recording: newPath, failure } = await runAgain(
    { recording, plan, folder, flags, unfinished },
    context,
  );
  unfinished.end();
  const now = readRecording(newPath);
  const differences = compareRecordings(recording, now);
  const status = statusOf(flags, differences.length > 0, failure);
  if (output.json) {
    const error = failure && shownError(failure);
    output.value({
      replayed: path,
      recording: newPath,
      outcome: now.outcome,
      differences,
      ...(error ? { error } : {}),
    });
    return status;
  }
  const versions = versionsText(recording, now);
  if (wasInterrupted(recording)) {
    output.note('replay.interrupted', sentences.cliQuickstart.replayInterrupted);
  }
  const place = sentences.cliQuickstart.replayCompared(displayPath(path), displayPath(newPath));
  output.result(
    'replay.report',
    [place, versions, differencesText(differences)].filter((text) => text !== '').join('\n'),
  );
  if (failure && flags.check) {
    output.note(failure.code, sentences.cliQuickstart.replayEndedWithError(shownError(failure).message));
  } else if (failure) throw failure;
  return status;
};

function statusOf({ check }: ReplayFlags, differs: boolean, failure: EnrollkitError | undefined): ExitStatus {
  if (check) return differs ? exitStatus.differs : exitStatus.ok;
  return failure?.exitStatus ?? exitStatus.ok;
}

function assertFlags(flags: ReplayFlags, { interactive }: Context): void {
  if (flags.step && !interactive) {
    throw new EnrollkitError('USAGE', sentences.cliQuickstart.replayStepNeedsTerminal, {
      next: sentences.cliQuickstart.replayStepNext,
    });
  }
  const isOfTarget = [...givenFields(flags)].some((field) => field.startsWith('target.'));
  const others = [flags.connectionStringFile, flags.emulator];
  if (flags.offline && (isOfTarget || others.some((one) => one !== undefined))) {
    throw new EnrollkitError('USAGE', sentences.cliQuickstart.replayOfflineTarget, {
      next: sentences.cliQuickstart.replayOfflineNext,
    });
  }
}

/** @throws EnrollkitError FOLDER_NOT_EMPTY, also for a folder with an earlier run or an emulator's state */
function assertNewFolder(layout: Layout, unfinished: UnfinishedReplay): void {
  assertOwnFolder(layout);
  if (unfinished.exists || !isFolder(layout.state)) return;
  // Of a replay that was killed as its first act.
  const isTemporary = (name: string) => name === `${basename(layout.replay)}.tmp`;
  if (readdirSync(layout.state).every(isTemporary)) return;
  throw folderUsed(layout.folder);
}

/** The recorded plan with the flags in its place; Azure only if it is asked for. */
function plannedReplay(
  { plan: recorded }: Recording,
  flags: ReplayFlags,
  given: GivenDevices | undefined,
): Plan {
  const plan = withDevices(recorded, given);
  const { certificates, enrollmentGroup, certificateAuthority, devices } = plan;
  const prefix = flags.namePrefix ?? '';
  const keepsTarget = flags.offline || flags.target === 'azure';
  return planFrom(flags, {
    ...plan,
    target: keepsTarget ? plan.target : { kind: 'emulator' },
    // A recording has no keys, and so all CAs are new.
    certificates: { ...certificates, existingCa: 'none' },
    enrollmentGroup: { ...enrollmentGroup, id: prefix + enrollmentGroup.id },
    certificateAuthority: { ...certificateAuthority, name: prefix + certificateAuthority.name },
    devices: {
      ...devices,
      registrationIds: devices.registrationIds.map((id) => prefix + id),
      details: devices.details && prefixed(devices.details, prefix),
    },
  });
}

/** Device IDs are names in a hub, which several replays may share. */
function prefixed(
  details: NonNullable<Plan['devices']['details']>,
  prefix: string,
): Plan['devices']['details'] {
  const entries = Object.entries(details).map(([id, { deviceId, ...others }]) => [
    prefix + id,
    { ...(deviceId === undefined ? {} : { deviceId: prefix + deviceId }), ...others },
  ]);
  return Object.fromEntries(entries);
}

/** Requests of keys that are thrown away, for devices that keep theirs: a recording has none. */
async function replayedRequests(plan: Plan): Promise<Map<string, string>> {
  const requests = new Map<string, string>();
  if (!keepsKeys(plan)) return requests;
  for (const commonName of plan.devices.registrationIds) {
    const keys = await generateKeyPair('ec-p256');
    requests.set(commonName, (await makeCertificateRequest({ ...keys, subject: { commonName } })).pem);
  }
  return requests;
}

interface Replay {
  recording: Recording;
  plan: Plan;
  folder: string;
  flags: ReplayFlags;
  unfinished: UnfinishedReplay;
}

/**
 * @returns the path of the new recording, and why the run has failed
 * @throws EnrollkitError when there is no new recording; INTERRUPTED
 */
async function runAgain(
  { recording, plan, folder, flags, unfinished }: Replay,
  context: Context,
): Promise<{ recording: string; failure?: EnrollkitError }> {
  const passphrase = givenPassphrase(flags, context.env);
  if (plan.certificates.encryptKeys && passphrase === undefined) {
    throw new EnrollkitError('PASSPHRASE_REQUIRED', sentences.cliQuickstart.replayEncrypts);
  }
  const useEmulator = await emulatorToUse(flags, plan.target, folder);
  unfinished.begin();
  useEmulator();
  const earlier = foundEarlier(recording, plan);
  if (earlier) {
    context.output.note('replay.earlier-steps', sentences.cliQuickstart.replayEarlierSteps);
  }
  const offline = flags.offline === true;
  const progress = flags.step ? plainProgress(context.output) : await progressFor(context);
  const interrupted = new AbortController();
  const options: Omit<QuickstartOptions, 'target'> = {
    plan,
    folder,
    passphrase,
    requests: await replayedRequests(plan),
    secrets: environmentSecrets(context.env),
    signal: AbortSignal.any([context.signal, interrupted.signal]),
    emit: (event) => progress.on(event),
    beforeStep: flags.step ? (await import('./step-prompt.js')).stepPrompt(context) : undefined,
    isNewFolder: true,
    replayOf: {
      startedAt: recording.startedAt,
      offline,
      names: namesGiven(recording, plan),
    },
    earlierRun: earlier && { earlier, offline },
  };
  const replayOn = async (target: Target) => {
    const control = new ControlPlane(target);
    try {
      // In Azure, only a person can do what a person did in the portal.
      const isPortalReplayed = offline || target.kind === 'emulator';
      const { verificationCode, portal } = recordedAnswers(recording, offline ? undefined : control);
      return await runQuickstart({
        ...options,
        verificationCode: flags.verificationCode ?? verificationCode,
        portal: isPortalReplayed ? portal : undefined,
        target: earlier?.couldAsk === false ? { ...target, messageArrived: undefined } : target,
      });
    } finally {
      control.close();
    }
  };
  try {
    const result = offline
      ? await replayOn(offlineTarget(recording, layoutOf(folder).folder, plan, () => interrupted.abort()))
      : await withTarget({ target: plan.target, folder, flags, mayCreate: true }, context, replayOn);
    return { recording: result.recording };
  } catch (error) {
    if (!(error instanceof EnrollkitError)) throw error;
    const path = error.context.recording;
    if (context.signal.aborted || typeof path !== 'string') throw error;
    return { recording: path, failure: error };
  } finally {
    await progress.end();
  }
}
