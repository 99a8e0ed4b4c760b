/** The clients of a command that works on a provisioning service by itself. */
import { ControlPlane } from '../../dps/client/arm.js';
import { ServicePlane } from '../../dps/client/service.js';
import type { Target } from '../../dps/client/target.js';
import { targetFrom } from '../input/plan-input.js';
import type { Context, Input } from '../kernel/untyped-command.js';
import { defaultFolder } from '../kernel/untyped-flags.js';
import { quoted } from '../terminal/quoted.js';
import { withTarget } from './target.js';

export interface Clients {
  target: Target;
  control: ControlPlane;
  service: ServicePlane;
}

/** The certificate folder, as it was typed. */
export function folderOf(flags: Input['flags']): string {
  return (flags.dir as string | undefined) ?? defaultFolder;
}

/** What a command that we advise must carry to work on the same folder: ` --dir FOLDER`, or nothing by default. */
export function sameFolder(flags: Input['flags']): string {
  const folder = folderOf(flags);
  return folder === defaultFolder ? '' : ` --dir ${quoted(folder)}`;
}

/**
 * @param mayCreate whether the command makes something, so that a new emulator makes sense
 */
export async function withClients<Result>(
  flags: Input['flags'],
  context: Context,
  mayCreate: boolean,
  use: (clients: Clients) => Promise<Result>,
): Promise<Result> {
  const folder = folderOf(flags);
  return withTarget(
    { target: targetFrom(flags, folder), folder, flags, mayCreate },
    context,
    async (target) => {
      const control = new ControlPlane(target);
      const service = new ServicePlane(target);
      try {
        return await use({ target, control, service });
      } finally {
        control.close();
        service.close();
      }
    },
  );
}
