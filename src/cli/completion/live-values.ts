/** Values that a shell suggests, looked up while a command is typed: nothing is started, written or asked for long. */
import { basename } from 'node:path';
import type { Completes } from '../kernel/flags.js';

type LiveKind = Exclude<Completes, readonly string[] | 'files' | 'folders'>;

/** @param values of the flags that were typed, as commands get them */
export async function liveValues(
  kind: LiveKind,
  values: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string[]> {
  switch (kind) {
    case 'codes': {
      const { explainedCodes } = await import('../../explanations/explain.js');
      return explainedCodes().map(({ code }) => String(code));
    }
    case 'devices': {
      const { layoutOf } = await import('../../workspace/layout.js');
      const { defaultFolder } = await import('../kernel/common-flags.js');
      const devices = layoutOf(String(values.dir ?? defaultFolder)).devices();
      return devices.map(({ folder }) => decodeURIComponent(basename(folder)));
    }
    case 'groups': {
      const { groupsOf } = await import('./groups.js');
      return groupsOf(values, env, signal);
    }
  }
}
