/** Checks the IDs of devices and enrollment groups in requests. */
import { isLegalId } from '../../../dps/contract/ids.js';
import { DpsError } from '../dps-error.js';

/**
 * @param what the name of the ID, such as "registration ID"
 * @throws DpsError badRequest
 */
export function assertLegalId(what: string, id: string): void {
  if (isLegalId(id)) return;
  throw new DpsError('badRequest', {
    message: `The ${what} must have 1 to 128 letters, digits, - . _ or :, begin with a letter or digit and end with a letter, a digit or -.`,
  });
}
