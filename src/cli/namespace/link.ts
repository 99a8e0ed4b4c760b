import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { textFlag } from '../kernel/flags.js';
import { accountFlags, dpsNameFlag } from '../target/account-flags.js';

const { namespace } = sentences.cliRegistry;

export const namespaceLink = defineCommand({
  description: namespace.link,
  args: { name: { summary: namespace.name } },
  flags: {
    hub: textFlag({ placeholder: 'NAME', summary: namespace.hub }),
    identity: textFlag({ placeholder: 'ID', summary: namespace.identity }),
    ...dpsNameFlag,
    ...dirFlag,
    ...accountFlags,
    ...outputFlags,
  },
  examples: [
    { line: 'namespace link plant --dps-name contoso-dps --target azure', summary: sentences.cliDps.inAzure },
    { line: 'namespace link plant --hub hub-1', summary: namespace.linkHub },
  ],
  async run({ args: { name }, flags }, context) {
    const { requireHub, requireService, withAccount } = await import('../target/account.js');
    const { requireNamespace } = await import('../target/registry-target.js');
    const { output, signal } = context;
    const { changed, resource } = await withAccount(flags, context, false, async (account) => {
      const { scope } = await requireNamespace(account, name, signal);
      const found =
        flags.hub === undefined
          ? await requireService(account, account.dpsName, flags, signal)
          : await requireHub(account, flags.hub, flags, signal);
      const endpoint = { [found.name]: { resourceId: found.id, userAssignedIdentity: flags.identity } };
      const links = flags.hub === undefined ? { provisioning: endpoint } : { messaging: endpoint };
      return { changed: await account.registry.changeLinks(scope, links, { signal }), resource: found };
    });
    if (output.json) return output.value(changed);
    output.result('namespace.linked', namespace.linked(resource.name, changed.name));
  },
});
