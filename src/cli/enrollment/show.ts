import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { switchFlag } from '../kernel/flags.js';
import { targetFlags } from '../target/target-flags.js';

export const enrollmentShow = defineCommand({
  args: { id: { summary: sentences.cliDevice.id, completes: 'devices' } },
  flags: {
    keys: switchFlag({ summary: sentences.cliEnrollment.show.keys }),
    ...dirFlag,
    ...targetFlags,
    ...outputFlags,
  },
  examples: [
    { line: 'enrollment show device-042', summary: sentences.cliEnrollment.show.plain },
    { line: 'enrollment show meter-1 --keys --json', summary: sentences.cliEnrollment.show.withKeys },
  ],
  async run({ args: { id }, flags }, context) {
    const { assertLegalRegistrationId } = await import('../../dps/contract/ids.js');
    assertLegalRegistrationId(id);
    const { withClients } = await import('../target/command-target.js');
    const { sameFolder } = await import('../target/folder.js');
    const { shownEnrollment } = await import('../../dps/client/shown-enrollment.js');
    const { enrollmentText } = await import('./enrollment-text.js');
    const { noSuchEnrollment } = await import('./no-such-enrollment.js');
    const { output, signal } = context;
    const { enrollment, attestation } = await withClients(flags, context, false, async ({ service }) => ({
      enrollment: await service.getEnrollment(id, { policy: 'any', signal }),
      attestation: flags.keys ? await service.getEnrollmentAttestation(id, { signal }) : undefined,
    }));
    if (!enrollment) throw noSuchEnrollment(id, sameFolder(flags));
    const keys = attestation?.symmetricKey;
    if (output.json) {
      return output.value(
        shownEnrollment(
          keys
            ? { ...enrollment, attestation: { ...enrollment.attestation, symmetricKey: keys } }
            : enrollment,
        ),
      );
    }
    output.data(enrollmentText(enrollment, keys));
  },
});
