import type { AzureAccount } from '../../src/cli/quickstart/ask-azure.js';
import type { ExistingFolder } from '../../src/cli/quickstart/ask-existing.js';
import { planScript } from '../../src/cli/quickstart/ask-plan.js';
import { planPicture } from '../../src/cli/quickstart/plan-picture.js';
import { Dialogue } from '../../src/cli/terminal/dialogue.js';
import { defaultPlan } from '../../src/quickstart/plan/answers.js';
import type { FieldPath, Plan } from '../../src/quickstart/plan/fields.js';
import { type Script, scriptedAsker } from './scripted-asker.js';
import '../support/quick-key-derivation.js';

/** Names are then typed. */
export const noAccount: AzureAccount = {
  subscriptions: async () => [],
  services: async () => [],
  contents: async () => ({ certificates: undefined, groups: undefined }),
};

export interface WizardTestOptions {
  plan?: Plan;
  passphrase?: string;
  given?: ReadonlySet<FieldPath>;
  existing?: ExistingFolder;
  account?: AzureAccount;
}

/** Holds the dialogue of the wizard with a script. */
export async function decide(script: Script, options: WizardTestOptions = {}) {
  const scripted = scriptedAsker(script);
  const { plan = defaultPlan, passphrase, given = new Set(), existing, account = noAccount } = options;
  const questions = planScript({
    account,
    planFor: () => plan,
    newPlan: plan,
    passphrase,
    given,
    folder: 'certs',
    folderIsGiven: false,
    folderProblem: () => undefined,
    freeFolder: (folder) => `${folder}-2`,
    show: (shown, folder) => planPicture(shown, { folder, width: 80, unicode: true }),
    existing: (folder) => (folder === 'certs' ? existing : undefined),
  });
  const decision = await new Dialogue(scripted.asker).hold(questions);
  return { decision, ...scripted };
}
