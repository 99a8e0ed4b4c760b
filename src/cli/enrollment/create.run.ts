/** Creates or changes an individual enrollment, and reads it back. */

import { changedUnderEtag } from '../../dps/client/changed-under-etag.js';
import { withSymmetricKeys } from '../../dps/client/enrollment-keys.js';
import {
  differingMembers,
  type EnrollmentMembers,
  withMembers,
} from '../../dps/client/enrollment-members.js';
import type { ServicePlane } from '../../dps/client/service.js';
import { shownEnrollment } from '../../dps/client/shown-enrollment.js';
import {
  assertHubDeviceId,
  assertLegalRegistrationId,
  assertRegistrationId,
} from '../../dps/contract/ids.js';
import type { IndividualEnrollment } from '../../dps/contract/schemas.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import {
  type CertificatePolicyMembers,
  certificatePolicyOf,
  differingPolicyMembers,
} from '../input/certificate-policy-flags.js';
import { enrollmentSettings } from '../input/enrollment-settings.js';
import type { FlagsOf, RunOf } from '../kernel/command.js';
import { withClients } from '../target/command-target.js';
import { sameFolder } from '../target/folder.js';
import { attestationOf, checkAttestationFlags } from './attestation.js';
import type { enrollmentCreate } from './create.js';
import { enrollmentText } from './enrollment-text.js';
import { noSuchEnrollment } from './no-such-enrollment.js';
import { UnfinishedEnrollment } from './unfinished.js';

/** @throws EnrollkitError of the flags, the files and the target; CONFLICT, NOT_FOUND, NOT_READ_BACK */
export const run: RunOf<typeof enrollmentCreate> = async ({ args: { id }, flags }, context) => {
  const how = checkAttestationFlags(flags);
  if (how === 'symmetric-key' || how === undefined) assertLegalRegistrationId(id);
  else assertRegistrationId(id);
  if (flags.deviceId !== undefined) assertHubDeviceId(flags.deviceId);
  const policy = certificatePolicyOf(flags);
  const kind = policy && 'certificate';
  const settings = enrollmentSettings(flags);
  const { output, signal } = context;
  const unfinished = new UnfinishedEnrollment(id, flags);
  const enrollment = await withClients(flags, context, true, async ({ target, control, service }) => {
    const { given, all } = await settings.at(target, control, signal);
    const before = await service.getEnrollment(id, { policy: kind, signal });
    if (flags.update) {
      // Before a certificate is made for it.
      if (!before) throw noSuchEnrollment(id, sameFolder(flags));
      const attestation =
        how === undefined ? undefined : await attestationOf(id, how, unfinished, flags, context);
      const wanted = { ...given, ...(attestation ? { attestation } : {}) };
      return update(service, id, wanted, flags, policy, signal);
    }
    // An earlier run of this command created it, and was killed before it could say so.
    if (before && unfinished.isIn(before)) return before;
    // Before a certificate is made for it.
    if (before) throw exists(id, sameFolder(flags));
    const attestation = await attestationOf(id, how ?? 'folder', unfinished, flags, context);
    const requested: IndividualEnrollment = {
      ...withMembers({ registrationId: id, attestation }, all),
      ...(flags.deviceId === undefined ? {} : { deviceId: flags.deviceId }),
      ...policy,
    };
    await service.createEnrollment(requested, { signal }).catch((error: unknown) => {
      throw error instanceof EnrollkitError &&
        error.code === 'CONFLICT' &&
        error.context.serviceCode === 409201
        ? exists(id, sameFolder(flags))
        : error;
    });
    return readBack(service, requested, 'created', policy, signal);
  });
  unfinished.remove();
  if (output.json) return output.value(shownEnrollment(enrollment));
  output.data(enrollmentText(enrollment));
  if (enrollment.attestation.type === 'symmetricKey') {
    const command = `enrollkit enrollment show ${id} --keys${sameFolder(flags)}`;
    output.note('enrollment.keys.next', `\n${sentences.cliEnrollment.create.showKeys(command)}`);
  } else if (
    enrollment.registrationState?.status !== 'assigned' &&
    flags.certificate === undefined &&
    flags.csr === undefined
  ) {
    output.note(
      'enrollment.next',
      `\n${sentences.cliEnrollment.create.next(`enrollkit device register ${id}${sameFolder(flags)}`)}`,
    );
  }
};

/** Changes an enrollment under its etag, so that nobody's change is lost. */
async function update(
  service: ServicePlane,
  id: string,
  wanted: EnrollmentMembers,
  { deviceId, dir }: FlagsOf<typeof enrollmentCreate>,
  policy: CertificatePolicyMembers | undefined,
  signal: AbortSignal,
): Promise<IndividualEnrollment> {
  const changed = await changedUnderEtag(
    () => service.getEnrollment(id, { policy: policy ? 'certificate' : 'any', signal }),
    async (found, etag) => {
      const merged: IndividualEnrollment = {
        ...withMembers(found, wanted),
        ...(deviceId === undefined ? {} : { deviceId }),
        ...policy,
      };
      const asked = wanted.attestation ? merged : await withSymmetricKeys(service, merged, { signal });
      await service.updateEnrollment(asked, etag, { signal });
      return asked;
    },
  );
  if (!changed) throw noSuchEnrollment(id, sameFolder({ dir }));
  return readBack(service, changed, 'changed', policy, signal);
}

/** @throws EnrollkitError NOT_READ_BACK */
async function readBack(
  service: ServicePlane,
  { registrationId, deviceId, attestation, ...members }: IndividualEnrollment,
  done: 'created' | 'changed',
  policy: CertificatePolicyMembers | undefined,
  signal: AbortSignal,
): Promise<IndividualEnrollment> {
  const found = await service.getEnrollment(registrationId, { policy: policy && 'certificate', signal });
  if (!found) {
    throw new EnrollkitError('NOT_READ_BACK', sentences.cliEnrollment.create.notShown(registrationId, done));
  }
  const different = [
    ...differingMembers(attestation.x509 ? { ...members, attestation } : members, found),
    ...(deviceId && deviceId !== found.deviceId ? ['deviceId'] : []),
    ...differingPolicyMembers(policy, found),
  ];
  if (different.length === 0) return found;
  throw new EnrollkitError(
    'NOT_READ_BACK',
    sentences.cliEnrollment.create.differs(registrationId, done, different),
  );
}

function exists(registrationId: string, sameFolderFlag: string): EnrollkitError {
  return new EnrollkitError('CONFLICT', sentences.cliEnrollment.create.exists(registrationId), {
    next: sentences.cliEnrollment.create.updateOrDelete(
      `enrollkit enrollment delete ${registrationId}${sameFolderFlag}`,
    ),
    context: { registrationId },
  });
}
