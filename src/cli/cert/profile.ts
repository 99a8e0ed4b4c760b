/** A certificate profile of the person's own, in place of the one that comes along. */
import { EnrollkitError } from '../../errors.js';
import { planProblem } from '../../pipeline/plan-problem.js';
import { loadProfile, type Profile, profileSchema, type Role } from '../../pki/profile.js';
import { readInputFile } from '../input-file.js';
import { JsonSyntaxError, type Place, placesOf } from './json-place.js';

/** More problems at once help nobody. */
const maxProblems = 5;

/**
 * The profile of `--profile FILE`, or that of the role.
 *
 * @throws EnrollkitError FILE_UNREADABLE, or INVALID_PROFILE with file, line and column of each problem
 */
export function profileFor(role: Role, path: string | undefined): Profile {
  if (path === undefined) return loadProfile(role);
  const text = readInputFile(path).replace(/^\uFEFF/, '');
  const at = ({ line, column }: Place) => `${path}:${line}:${column}`;
  let placeOf: ReturnType<typeof placesOf>;
  try {
    placeOf = placesOf(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw invalid(`${at(error.place)}: this is not JSON: ${error.message}.`);
  }
  const result = profileSchema.safeParse(JSON.parse(text), { reportInput: true });
  if (!result.success) {
    const { issues } = result.error;
    const problems = issues.slice(0, maxProblems).map((issue) => {
      const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
      return `${at(placeOf(issue.path, unknown))}: ${planProblem(issue)}.`;
    });
    const more = issues.length > maxProblems ? `\nand ${issues.length - maxProblems} more` : '';
    throw invalid(problems.join('\n') + more);
  }
  if (result.data.role === role) return result.data;
  throw invalid(
    `${at(placeOf(['role']))}: this is a profile for the role ${result.data.role}; here it must be ${role}.`,
  );
}

function invalid(message: string): EnrollkitError {
  return new EnrollkitError('INVALID_PROFILE', message, {
    next: 'Correct the profile at the place named; templates/profiles/profile.schema.json says what may stand there.',
  });
}
