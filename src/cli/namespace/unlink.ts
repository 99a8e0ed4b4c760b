import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags, yesFlag } from '../kernel/common-flags.js';
import { textFlag } from '../kernel/flags.js';
import { accountFlags, dpsNameFlag } from '../target/account-flags.js';

const { namespace } = sentences.cliRegistry;

export const namespaceUnlink = defineCommand({
  description: namespace.unlink,
  args: { name: { summary: namespace.name } },
  flags: {
    hub: textFlag({ placeholder: 'NAME', summary: namespace.hub }),
    ...yesFlag,
    ...dpsNameFlag,
    ...dirFlag,
    ...accountFlags,
    ...outputFlags,
  },
  examples: [
    { line: 'namespace unlink plant --hub hub-1', summary: sentences.cliTerminal.asksFirst },
    { line: 'namespace unlink plant --yes', summary: sentences.cliDps.fromEmulatorService },
  ],
  async run({ args: { name }, flags }, context) {
    const { sameName, withAccount } = await import('../target/account.js');
    const { requireNamespace } = await import('../target/registry-target.js');
    const { confirmed } = await import('../terminal/confirm.js');
    const { linkedNames } = await import('./namespace-text.js');
    const { output, signal } = context;
    await confirmed('namespace.unlink', namespace.confirmUnlink(name), flags, context);
    const { changed, wanted } = await withAccount(flags, context, false, async (account) => {
      const { scope, namespace: before } = await requireNamespace(account, name, signal);
      const kind = flags.hub === undefined ? 'provisioning' : 'messaging';
      const linked = before.properties[kind];
      const resource = flags.hub ?? account.dpsName ?? '';
      const endpoint = Object.entries(linked?.endpoints ?? {}).find(([, { resourceId }]) =>
        sameName(resourceId?.split('/').at(-1) ?? '', resource),
      )?.[0];
      if (endpoint === undefined) {
        throw new EnrollkitError(
          'NOT_FOUND',
          namespace.notLinked(resource, before.name, linkedNames(linked)),
          {
            next: namespace.nameLinked,
          },
        );
      }
      const links = { [kind]: { [endpoint]: null } };
      return { changed: await account.registry.changeLinks(scope, links, { signal }), wanted: resource };
    });
    if (output.json) return output.value(changed);
    output.result('namespace.unlinked', namespace.unlinked(wanted, changed.name));
  },
});
