/** How a run is shown: a list that is redrawn for a person at a terminal, plain lines for everything else. */
import type { Plan } from '../../quickstart/plan/plan.js';
import type { PortalAssistant } from '../../quickstart/portal.js';
import type { Context } from '../kernel/untyped-command.js';
import { type Progress, plainProgress } from './plain-progress.js';

export async function progressFor({ output, interactive }: Context): Promise<Progress> {
  // What --verbose tells would be drawn over.
  if (!interactive || output.json || output.verbose) return plainProgress(output);
  const { listProgress } = await import('./progress.js');
  return listProgress(output);
}

/** Who asks a person for what the portal shows, where the plan needs it. */
export async function choosePortalAssistant(
  plan: Plan,
  progress: Progress,
  { output, signal }: Context,
): Promise<PortalAssistant | undefined> {
  if (plan.certificateAuthority.proofOfPossession !== 'portal') return undefined;
  const { portalAssistant } = await import('../quickstart/portal-assistant.js');
  const { terminalAsker } = await import('./prompts.js');
  return portalAssistant(terminalAsker(output, signal), () => progress.settled());
}
