/** Does again what a recorded run found done, before the run itself is replayed. Nothing of it is recorded. */
import { randomUUID } from 'node:crypto';
import { enrollmentGroup as groupSchema } from '../dps/contract/schemas.js';
import { issueVerificationCertificate } from '../pki/make/verification-certificate.js';
import { publicFileMode } from '../workspace/files.js';
import { operationalRequest, saveIssued } from './operational-certificates.js';
import type { Plan } from './plan/fields.js';
import { authoritiesOf } from './planned-certificates.js';
import { planOfGroup } from './planned-enrollment-group.js';
import type { Earlier } from './recording/earlier.js';
import { issueOffline } from './recording/offline-certificates.js';
import { runSteps, type Watching } from './run-steps.js';
import { openKey, type RunContext, type Step, uploadedCa } from './step.js';
import { certificateChain, keyPassphrase } from './steps/certificate-chain.js';
import { connectDevices } from './steps/connect-devices.js';
import { deviceCertificates } from './steps/device-certificates.js';
import { enrollmentGroup, groupThing } from './steps/enrollment-group.js';
import { enrollmentThing, individualEnrollments } from './steps/individual-enrollments.js';
import { prerequisites } from './steps/prerequisites.js';
import { proofOfPossession } from './steps/proof-of-possession.js';
import { hubName, registerDevices } from './steps/register-devices.js';
import { uploadCa } from './steps/upload-ca.js';

export interface EarlierRun {
  earlier: Earlier;
  /** Whether the recording answers for the service: then only what is in the folder has to be made. */
  offline: boolean;
}

type Context = Omit<RunContext, 'progress'>;

/** @throws EnrollkitError of the step that failed */
export async function doEarlierSteps(
  { earlier, offline }: EarlierRun,
  context: Context,
  watching: Watching,
): Promise<void> {
  const run = (step: Step, plan: Plan) => runSteps([step], { ...context, plan }, watching);
  const { plan } = context;
  const withDevices = (registrationIds: readonly string[]): Plan => ({
    ...plan,
    devices: { ...plan.devices, registrationIds: [...registrationIds] },
  });
  const runFor = async (step: Step, ids: readonly string[]) => {
    if (ids.length > 0) await run(step, withDevices(ids));
  };
  if (!offline) await run(prerequisites, plan);
  if (authoritiesOf(plan).length > 0) await run(certificateChain, plan);
  if (!offline && earlier.ca !== 'missing') await run(uploadCa, plan);
  if (!offline && earlier.ca === 'verified') await run(proofOfPossession, plan);
  if (earlier.isAnswered) await answerInPortal(context, !offline && earlier.ca === 'uploaded');
  if (!offline && earlier.group) await run(enrollmentGroup, planWithGroup(plan, earlier.group));
  await runFor(deviceCertificates, earlier.certificates);
  if (offline) return pretendDone(earlier, context);
  await runFor(individualEnrollments, earlier.enrolled);
  await runFor(registerDevices, [...earlier.registered.keys()]);
  await runFor(connectDevices, [...earlier.connected, ...earlier.sent]);
  for (const thing of context.journal.things()) {
    if (thing.kind === 'telemetry' && earlier.sent.includes(thing.id)) context.journal.intend(thing);
  }
}

/** The group as it was before the recorded run changed it. */
function planWithGroup(plan: Plan, { recorded, isChanged }: NonNullable<Earlier['group']>): Plan {
  const group = groupSchema.safeParse(recorded);
  return isChanged && group.success ? planOfGroup(plan, group.data) : plan;
}

/** Writes the verification certificate: the next run takes it that it was uploaded, or that a person will do so. */
async function answerInPortal(context: Context, isAsked: boolean): Promise<void> {
  const { layout, files, now, plan, found, control, signal } = context;
  const ca = uploadedCa(plan, found);
  const issuer = { certificate: ca.pem, privateKey: await openKey(context, ca) };
  const { code } = isAsked
    ? await control.generateVerificationCode(plan.certificateAuthority.name, '*', { signal })
    : { code: randomUUID() };
  const { pem } = await issueVerificationCertificate(code, issuer, now());
  files.write(layout.verificationCertificate, pem, publicFileMode);
}

/** Leaves in the journal what the earlier run left there, and in the folder what Azure had issued. */
async function pretendDone(
  { group, enrolled, registered, connected, sent }: Earlier,
  context: Context,
): Promise<void> {
  const { journal, journalTarget, plan, target } = context;
  if (group) journal.made(groupThing({ plan, journalTarget }));
  for (const id of enrolled) journal.made(enrollmentThing(journalTarget, id));
  if (plan.devices.requestCertificates) for (const id of registered.keys()) await pretendIssued(id, context);
  const telemetry = (id: string) => {
    const hub = hubName(target.kind, registered.get(id) ?? '');
    return { kind: 'telemetry' as const, target: journalTarget, id, hub, messageId: randomUUID() };
  };
  for (const id of connected) journal.made(telemetry(id));
  for (const id of sent) journal.intend(telemetry(id));
}

/** A device's certificate, the CA of the policy, the root. */
const issuedLength = 3;

async function pretendIssued(registrationId: string, context: Context): Promise<void> {
  const { plan, layout, files, passphrase, signal } = context;
  const paths = layout.device(registrationId).operational;
  const { keyAlgorithm } = plan.certificates;
  const request = await operationalRequest(registrationId, paths, { keyAlgorithm, passphrase, signal });
  const issuedCertificateChain = await issueOffline(request.csr, issuedLength);
  const encryption = { passphrase: keyPassphrase(context) };
  await saveIssued(registrationId, { issuedCertificateChain }, request, { files, paths, ...encryption });
}
