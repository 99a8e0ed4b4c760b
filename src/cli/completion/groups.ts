/** The enrollment groups that a shell suggests. */
import { readFileSync } from 'node:fs';
import { ServicePlane } from '../../dps/client/service.js';
import { azureTarget, emulatorTarget, type Target } from '../../dps/client/target.js';
import { findEmulator } from '../../emulator/control/running.js';
import { lastPlanGroup, targetFrom } from '../input/plan-input.js';
import type { dirFlag } from '../kernel/common-flags.js';
import type { FlagValues } from '../kernel/flags.js';
import { serviceConnectionString } from '../target/connection-strings.js';
import { emulatorStateOfRuns } from '../target/emulator-state.js';
import { folderOf } from '../target/folder.js';
import type { targetFlags } from '../target/target-flags.js';

type Values = FlagValues<typeof dirFlag & typeof targetFlags>;

/**
 * Those of a running emulator, or of Azure where a connection string is given: signing in would take longer than a person
 * waits for a completion. Else, that of the plan.
 */
export async function groupsOf(
  values: Values,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string[]> {
  const folder = folderOf(values);
  const planned = lastPlanGroup(folder, 'enrollmentGroup').id;
  const target = reachable(values, folder, env);
  if (target === undefined) return [planned];
  const service = new ServicePlane(target);
  try {
    const groups = await service.listEnrollmentGroups({ signal });
    return groups.map(({ enrollmentGroupId }) => enrollmentGroupId);
  } catch {
    return [planned];
  } finally {
    service.close();
  }
}

function reachable(values: Values, folder: string, env: NodeJS.ProcessEnv): Target | undefined {
  const target = targetFrom(values, folder);
  if (target.kind === 'azure') {
    const connectionString = serviceConnectionString(target.dpsName, values, { env });
    return connectionString && azureTarget({ ...target, serviceConnectionString: connectionString });
  }
  const state = emulatorStateOfRuns(folder);
  const found = state === undefined ? undefined : findEmulator(state);
  if (found?.kind !== 'running') return undefined;
  return emulatorTarget(found.endpoints, readFileSync(found.endpoints.caFile, 'utf8'));
}
