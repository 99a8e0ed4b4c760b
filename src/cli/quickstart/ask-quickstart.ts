/** The wizard, at the terminal. */
import { join } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import type { Certificate } from '../../pki/x509/certificate.js';
import { withExistingCa } from '../../quickstart/existing-ca.js';
import type { Plan } from '../../quickstart/plan/fields.js';
import { assertNotNewer } from '../../quickstart/plan/plan.js';
import { assertOwnFolder, layoutOf } from '../../workspace/layout.js';
import { givenFields } from '../input/plan-flags.js';
import { basePlan, lastPlan, planFrom } from '../input/plan-input.js';
import type { Context, FlagsOf } from '../kernel/command.js';
import { terminalAsker } from '../terminal/prompts.js';
import { askPlan, type Dialogue } from './ask-plan.js';
import type { quickstart } from './quickstart.js';

interface AskOptions {
  /** Answers given as flags are what Enter gives. */
  flags: FlagsOf<typeof quickstart>;
  folder: string;
  passphrase: string | undefined;
  /** The CA that was given. */
  ca: Certificate | undefined;
}

export async function askQuickstart(
  { flags, folder, passphrase, ca }: AskOptions,
  context: Context,
): Promise<Dialogue> {
  const { output, signal } = context;
  const ask = terminalAsker(output, signal);
  const last = readableLastPlan(folder);
  ask.say(
    'quickstart.welcome',
    output.style.bold('\nFrom nothing to X.509 devices enrolled in Device Provisioning Service.'),
  );
  ask.say(
    last ? 'quickstart.repeat' : 'quickstart.defaults',
    last
      ? `Enter on every question does again what was done in ${folder}. Ctrl-C leaves.\n`
      : 'Enter on every question gives three devices on an emulator. Ctrl-C leaves.\n',
  );
  const before = last ?? basePlan(flags);
  const dialogue = await askPlan(ask, {
    plan: planFrom(flags, ca ? withExistingCa(before, ca) : before),
    given: givenFields(flags),
    folder,
    passphrase,
    folderProblem,
  });
  ask.say(
    'quickstart.plan-file',
    `\nThe plan is kept in ${join(dialogue.folder, '.enrollkit', 'plan.json')}.\n`,
  );
  return dialogue;
}

/**
 * A plan that cannot be read gives no answers.
 *
 * @throws EnrollkitError INVALID_PLAN for a plan of a newer release, which this one must not overwrite
 */
function readableLastPlan(folder: string): Plan | undefined {
  assertNotNewer(layoutOf(folder).plan);
  try {
    return lastPlan(folder);
  } catch {
    return undefined;
  }
}

function folderProblem(folder: string): string | undefined {
  if (folder.trim() === '') return 'A folder is missing.';
  try {
    assertOwnFolder(layoutOf(folder));
    return undefined;
  } catch (error) {
    return error instanceof EnrollkitError ? error.message : String(error);
  }
}
