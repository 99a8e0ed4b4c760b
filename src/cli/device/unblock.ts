import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { targetFlags } from '../target/target-flags.js';

const { unblock } = sentences.cliDevice;

export const deviceUnblock = defineCommand({
  description: unblock.description,
  args: { id: { summary: sentences.cliDevice.id, completes: 'devices' } },
  flags: { ...dirFlag, ...targetFlags, ...outputFlags },
  examples: [
    { line: 'device unblock device-001', summary: unblock.example },
    { line: 'device unblock d7 --dps-name NAME', summary: unblock.azureExample },
  ],
  async run({ args: { id }, flags }, context) {
    const { assertRegistrationId } = await import('../../dps/contract/ids.js');
    assertRegistrationId(id);
    const { unblockDevice } = await import('../../dps/client/device-block.js');
    const { withClients } = await import('../target/command-target.js');
    const { sameFolder } = await import('../target/folder.js');
    const { blockResult } = await import('./block-result.js');
    const { signal } = context;
    const result = await withClients(flags, context, false, ({ target, service }) =>
      unblockDevice({ target, service, registrationId: id, signal }),
    );
    return blockResult(result, 'unblocked', sameFolder(flags), context);
  },
});
