/** The tags of Azure resources that a run creates. Tags of Azure hold no secrets: everyone with read access sees them. */

/** The same for everything that the runs in one certificate folder create. */
export const runTag = 'enrollkit-run';
export const creatorTag = 'created-by';
export const creator = 'enrollkit';

export function tagsOf(run: string): Record<string, string> {
  return { [creatorTag]: creator, [runTag]: run };
}
