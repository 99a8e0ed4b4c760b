import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';

/** @param sameFolder the flag that makes a suggested command use the same folder */
export function noSuchEnrollment(registrationId: string, sameFolder: string): EnrollkitError {
  return new EnrollkitError('NOT_FOUND', sentences.cliEnrollment.notFound(registrationId), {
    next: sentences.cliEnrollment.listExisting(`enrollkit enrollment list${sameFolder}`),
    context: { registrationId },
  });
}
