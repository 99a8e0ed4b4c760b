/** Work that is counted instead of timed: the signatures that are checked in this process, by node:crypto. */
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

let checks = 0;
const { verify } = crypto;
crypto.verify = ((...given: Parameters<typeof verify>) => {
  checks += 1;
  return verify(...given);
}) as typeof verify;
syncBuiltinESMExports();

/** A search has a budget of 1,024 signature checks; who then looks for the reason of a refusal has it once more. */
export const budgetOfSignatureChecks = 2 * 1_024;

/** Runs an act, which must not check more signatures than that. */
export async function withinSignatureChecks<Result>(
  most: number,
  act: () => Promise<Result>,
): Promise<Result> {
  const before = checks;
  const result = await act();
  assert.ok(checks - before <= most, `${checks - before} signatures were checked, more than ${most}`);
  return result;
}
