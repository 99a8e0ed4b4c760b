import { EnrollkitError } from '../../errors.js';

/** @param sameFolder the flag that makes a suggested command use the same folder */
export function noSuchEnrollment(registrationId: string, sameFolder: string): EnrollkitError {
  return new EnrollkitError('NOT_FOUND', `There is no individual enrollment ${registrationId}.`, {
    next: `List the existing ones: enrollkit enrollment list${sameFolder}`,
    context: { registrationId },
  });
}
