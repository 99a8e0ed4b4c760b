/** Clients of the management and service APIs of a target. */
import { ControlPlane } from '../../dps/client/arm.js';
import { ServicePlane } from '../../dps/client/service.js';
import type { Target } from '../../dps/client/target.js';
import { targetFrom } from '../input/plan-input.js';
import type { Context } from '../kernel/command.js';
import type { dirFlag } from '../kernel/common-flags.js';
import type { FlagValues } from '../kernel/flags.js';
import { folderOf } from './folder.js';
import { withTarget } from './target.js';
import type { targetFlags } from './target-flags.js';

export interface Clients {
  target: Target;
  control: ControlPlane;
  service: ServicePlane;
  /** The emulator's log file; undefined in Azure. */
  log: string | undefined;
}

/**
 * @param mayCreate whether a new emulator may be created: for commands that create something
 */
export async function withClients<Result>(
  flags: FlagValues<typeof dirFlag & typeof targetFlags>,
  context: Context,
  mayCreate: boolean,
  use: (clients: Clients) => Promise<Result>,
): Promise<Result> {
  const folder = folderOf(flags);
  return withTarget(
    { target: targetFrom(flags, folder), folder, flags, mayCreate },
    context,
    async (target, log) => {
      const control = new ControlPlane(target);
      const service = new ServicePlane(target);
      try {
        return await use({ target, control, service, log });
      } finally {
        control.close();
        service.close();
      }
    },
  );
}
