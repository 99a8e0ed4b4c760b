import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';

/** @param sameFolder the flag that names the folder, for the next command */
export function noSuchGroup(
  id: string,
  sameFolder: string,
  context: EnrollkitError['context'] = {},
): EnrollkitError {
  return new EnrollkitError('NOT_FOUND', sentences.cliGroup.notFound(id), {
    next: sentences.cliGroup.listExisting(`enrollkit group list${sameFolder}`),
    context,
  });
}
