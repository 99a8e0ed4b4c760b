import { EnrollkitError } from '../../errors.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { numberFlag } from '../kernel/flags.js';
import { targetFlags } from '../target/target-flags.js';

export const groupDevices = defineCommand({
  description:
    'Lists the devices that have registered through an enrollment group, as "Manage enrollments" in the portal does. A device that has not registered yet has no registration record.',
  args: { id: { summary: 'the enrollment group ID' } },
  flags: {
    limit: numberFlag({
      placeholder: 'N',
      minimum: 1,
      maximum: 1_000_000,
      summary: 'list at most this many (default: all)',
    }),
    ...dirFlag,
    ...targetFlags,
    ...outputFlags,
  },
  examples: [
    { line: 'group devices enrollkit-devices', summary: 'the devices of a quickstart' },
    { line: 'group devices line-5 --limit 1000 --json', summary: 'the first thousand, as JSON' },
  ],
  async run({ args: { id }, flags }, context) {
    const { assertEnrollmentGroupId } = await import('../../dps/contract/ids.js');
    assertEnrollmentGroupId(id);
    const { sameFolder, withClients } = await import('../target/command-target.js');
    const { registrationTable } = await import('../terminal/registration-text.js');
    const { output, signal } = context;
    const { limit = Number.POSITIVE_INFINITY } = flags;
    const found = await withClients(flags, context, false, async ({ service }) => {
      const registrations = [];
      try {
        for await (const registration of service.listRegistrations(id, { signal })) {
          // One more than is listed tells whether there are more.
          if (registrations.length === limit) return { registrations, isComplete: false };
          registrations.push(registration);
        }
      } catch (error) {
        if (!(error instanceof EnrollkitError) || error.code !== 'NOT_FOUND') throw error;
        throw new EnrollkitError('NOT_FOUND', `There is no enrollment group ${id}.`, {
          next: `List the enrollment groups: enrollkit group list${sameFolder(flags)}`,
          context: error.context,
        });
      }
      return { registrations, isComplete: true };
    });
    const { registrations, isComplete } = found;
    if (output.json) return output.value({ enrollmentGroupId: id, ...found });
    if (registrations.length === 0)
      return output.result('group.devices.empty', `No device has registered through ${id}.`);
    output.data(registrationTable(registrations));
    if (!isComplete) output.note('group.devices.more', `Only the first ${limit} are listed; there are more.`);
  },
});
