import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { textFlag } from '../kernel/flags.js';
import { targetFlags } from '../target/target-flags.js';

const { block } = sentences.cliDevice;

export const deviceBlock = defineCommand({
  description: block.description,
  args: { id: { summary: sentences.cliDevice.id, completes: 'devices' } },
  flags: {
    certificate: textFlag({ placeholder: 'FILE', summary: block.certificateFlag }),
    ...dirFlag,
    ...targetFlags,
    ...outputFlags,
  },
  examples: [
    { line: 'device block device-001', summary: sentences.cliDevice.register.folder },
    { line: 'device block d7 --certificate d7.pem --dps-name NAME', summary: block.fileExample },
  ],
  async run({ args: { id }, flags }, context) {
    const { assertRegistrationId } = await import('../../dps/contract/ids.js');
    assertRegistrationId(id);
    const { blockDevice } = await import('../../dps/client/device-block.js');
    const { withClients } = await import('../target/command-target.js');
    const { folderOf, sameFolder } = await import('../target/folder.js');
    const { certificateToBlock } = await import('./certificate-to-block.js');
    const { blockResult } = await import('./block-result.js');
    const { signal } = context;
    const result = await withClients(flags, context, false, ({ target, service }) =>
      blockDevice({ target, service, registrationId: id, signal }, () =>
        certificateToBlock(id, flags.certificate, folderOf(flags), context),
      ),
    );
    return blockResult(result, 'blocked', sameFolder(flags), context);
  },
});
