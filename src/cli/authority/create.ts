import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { choiceFlag, textFlag } from '../kernel/flags.js';
import { accountFlags } from '../target/account-flags.js';
import { namespaceFlag } from '../target/registry-flags.js';

const { authority } = sentences.cliRegistry;

export const authorityCreate = defineCommand({
  description: authority.create,
  args: { name: { summary: authority.newName } },
  flags: {
    ...namespaceFlag,
    type: choiceFlag({ placeholder: 'TYPE', choices: ['Root', 'ICA'], summary: authority.type }),
    'issuer-type': choiceFlag({
      placeholder: 'TYPE',
      choices: ['Microsoft', 'External'],
      summary: authority.issuerType,
    }),
    'issuer-ca-name': textFlag({ placeholder: 'NAME', summary: authority.issuerCaName }),
    ...dirFlag,
    ...accountFlags,
    ...outputFlags,
  },
  examples: [
    { line: 'authority create root --namespace plant --type Root', summary: authority.rootExample },
    {
      line: 'authority create line-5 --namespace plant --type ICA --issuer-ca-name root',
      summary: authority.issuedExample,
    },
    {
      line: 'authority create own --namespace plant --type ICA --issuer-type External',
      summary: authority.externalExample,
    },
  ],
  async run({ args: { name }, flags }, context) {
    const { registryNameProblem } = await import('../../dps/contract/ids.js');
    const problem = registryNameProblem(name);
    if (problem) throw new EnrollkitError('USAGE', problem, { next: sentences.cliDps.chooseName });
    const type = flags.type ?? 'ICA';
    const isExternal = flags.issuerType === 'External';
    const hasIssuer = flags.issuerType !== undefined || flags.issuerCaName !== undefined;
    if (type === 'Root' && hasIssuer) throw new EnrollkitError('USAGE', authority.rootHasNoIssuer);
    if (type === 'ICA' && isExternal === (flags.issuerCaName !== undefined)) {
      throw new EnrollkitError('USAGE', authority.oneIssuer, { next: authority.giveIssuer });
    }
    const { withAccount } = await import('../target/account.js');
    const { requireAuthority, requireNamespace } = await import('../target/registry-target.js');
    const { authorityText } = await import('./authority-text.js');
    const { output, signal } = context;
    const created = await withAccount(flags, context, false, async (account) => {
      const { scope, namespace } = await requireNamespace(account, flags.namespace, signal);
      if (await account.registry.getAuthority(scope, name, { signal })) {
        throw new EnrollkitError('CONFLICT', authority.exists(name, namespace.name));
      }
      const issuer =
        flags.issuerCaName === undefined
          ? ('external' as const)
          : {
              certificateAuthorityResourceId: (
                await requireAuthority(account, scope, flags.issuerCaName, signal)
              ).id,
            };
      const wanted = type === 'Root' ? { type } : { type, issuer };
      const { location } = namespace;
      return account.registry.createAuthority(
        scope,
        name,
        { authority: wanted, location, tags: {} },
        { signal },
      );
    });
    if (output.json) return output.value(created);
    output.data(authorityText(created));
    if (isExternal) output.note('authority.sign-request', authority.signRequest(name, flags.namespace ?? ''));
  },
});
