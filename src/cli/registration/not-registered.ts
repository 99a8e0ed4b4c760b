import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';

/** @param sameFolder the flag that makes a suggested command use the same folder */
export function notRegistered(registrationId: string, sameFolder: string): EnrollkitError {
  return new EnrollkitError('NOT_FOUND', sentences.cliEnrollment.registration.none(registrationId), {
    next: sentences.cliEnrollment.registration.registerFirst(`enrollkit group devices GROUP${sameFolder}`),
  });
}
