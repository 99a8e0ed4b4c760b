/** The CA of `--ca` and `--ca-key`: one that you have already, for a quickstart. */
import { EnrollkitError } from '../../errors.js';
import type { Certificate } from '../../pki/x509/certificate.js';
import { assertCanUse } from '../../quickstart/existing-ca.js';
import type { Plan } from '../../quickstart/plan/fields.js';
import type { ExistingCa } from '../../quickstart/step.js';
import { withPassphrase } from '../input/passphrase.js';
import { signingCa } from '../input/signing-ca.js';
import type { Context, FlagsOf } from '../kernel/command.js';
import { folderClock } from '../target/emulator-clock.js';
import type { quickstart } from './quickstart.js';

export interface GivenCa {
  certificate: Certificate;
  existingCa: ExistingCa;
}

/**
 * Reads the CA; its files are not changed.
 *
 * @returns undefined without `--ca`
 * @throws EnrollkitError as {@link signingCa}
 */
export async function givenCa(
  flags: FlagsOf<typeof quickstart>,
  context: Context,
): Promise<GivenCa | undefined> {
  const { ca, caKey } = flags;
  if (ca === undefined && caKey === undefined) return undefined;
  const { signal } = context;
  const read = async (passphrase: string | undefined): Promise<GivenCa> => {
    const { certificate, ...found } = await signingCa(flags, { passphrase, signal }, 'root');
    return { certificate, existingCa: { ...found, passphrase } };
  };
  try {
    // Without the passphrase, to learn whether the key is encrypted: its copy is then, too.
    return await read(undefined);
  } catch (error) {
    const isEncrypted = error instanceof EnrollkitError && error.code === 'PASSPHRASE_REQUIRED';
    if (!isEncrypted) throw error;
    return withPassphrase(flags, context, ({ passphrase }) => read(passphrase));
  }
}

/**
 * Refuses a CA that the plan cannot use, before the folder is made or an emulator started in it.
 *
 * @throws EnrollkitError USAGE, ISSUER_NOT_ALLOWED
 */
export async function assertUsable(
  plan: Plan,
  folder: string,
  ca: ExistingCa | undefined,
  context: Context,
): Promise<void> {
  if (!ca) return;
  const now = plan.target.kind === 'azure' ? context.now : await folderClock(folder, context);
  await assertCanUse(plan, ca, now());
}
