/** Opens the DPS that a command works with; starts an emulator for the duration of the command if none runs. */

import { readFileSync } from 'node:fs';
import { describeRequest, type RequestObserver } from '../../dps/client/observer.js';
import { azureTarget, emulatorTarget, type Target } from '../../dps/client/target.js';
import { controlPaths, type MessagesReply } from '../../emulator/control/paths.js';
import { askEmulator, settled } from '../../emulator/control/running.js';
import type { EmulatorEndpoints } from '../../emulator/endpoints.js';
import { logFileOf } from '../../emulator/log-file.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { PlanTarget } from '../../quickstart/plan/fields.js';
import { layoutOf } from '../../workspace/layout.js';
import type { Context } from '../kernel/command.js';
import type { FlagValues } from '../kernel/flags.js';
import { hubConnectionString, serviceConnectionString } from './connection-strings.js';
import { clockOffsetOf } from './emulator-clock.js';
import { emulatorLog, emulatorLogFile, namingLog } from './emulator-log.js';
import { emulatorStateOfRuns, stateOfRuns } from './emulator-state.js';
import type { connectionStringFileFlag } from './target-flags.js';

export interface TargetRequest {
  target: PlanTarget;
  /** The folder of `--dir`: the emulator is that of {@link emulatorStateOfRuns}. */
  folder: string;
  flags: FlagValues<typeof connectionStringFileFlag>;
  /** Whether a new emulator may be created; an existing one is started in any case. */
  mayCreate: boolean;
}

interface OpenTarget {
  target: Target;
  /** The log file of the emulator, absolute; undefined in Azure. */
  log?: string;
  close(): Promise<void>;
}

/**
 * Opens a target, uses it, and always closes it. The emulator is the one that runs on the folder, or one that is
 * started on free ports in this process.
 *
 * @param use also gets the path of the emulator's log file
 * @throws EnrollkitError NOT_FOUND if there is no emulator and none may be created; what `use` throws, where an emulator
 *   refused something with its log named
 */
export async function withTarget<Result>(
  request: TargetRequest,
  context: Context,
  use: (target: Target, log: string | undefined) => Promise<Result>,
): Promise<Result> {
  const open = await openTarget(request, context);
  try {
    return await use(open.target, open.log);
  } catch (error) {
    throw open.log === undefined ? error : namingLog(error, open.log);
  } finally {
    await open.close();
  }
}

/** As {@link withTarget}, for work that finds out which targets it needs. */
export async function withTargets<Result>(
  { folder, flags }: Pick<TargetRequest, 'folder' | 'flags'>,
  context: Context,
  use: (targetFor: (target: PlanTarget) => Promise<Target>) => Promise<Result>,
): Promise<Result> {
  const opened: OpenTarget[] = [];
  try {
    return await use(async (target) => {
      const open = await openTarget({ target, folder, flags, mayCreate: true }, context);
      opened.push(open);
      return open.target;
    });
  } finally {
    for (const { close } of opened) await close();
  }
}

async function openTarget(request: TargetRequest, context: Context): Promise<OpenTarget> {
  const nothingToClose = async () => {};
  if (request.target.kind === 'azure') {
    return { target: openAzure(request.target, request.flags, context), close: nothingToClose };
  }
  const found = emulatorStateOfRuns(request.folder);
  const state = found ?? stateOfRuns(request.folder);
  const log = logFileOf(state);
  const running = await settled(state);
  if (running.kind === 'running') {
    return { target: await openRunning(running.endpoints, context), log, close: nothingToClose };
  }
  if (!request.mayCreate && found === undefined) {
    const { folder } = layoutOf(request.folder);
    throw new EnrollkitError('NOT_FOUND', sentences.cliTarget.noEmulator(folder), {
      next: sentences.cliTarget.startFirst,
    });
  }
  const { startEmulator } = await import('../../emulator/start.js');
  // A client sees only that it gets no answer.
  const show = emulatorLog(context.output, ({ status }) => status >= 500);
  const writeToFile = emulatorLogFile(state);
  try {
    const { endpoints, clock, stop } = await startEmulator({
      dir: state,
      now: context.now,
      signal: context.signal,
      onStateError: context.stop,
      log(event) {
        show(event);
        writeToFile(event);
      },
    });
    const clockOffset = () => clock.now().getTime() - Date.now();
    return { target: openEmulator(endpoints, clockOffset, context), log, close: stop };
  } catch (error) {
    if (!(error instanceof EnrollkitError) || error.code !== 'EMULATOR_STATE_IN_USE') throw error;
    // Another command has started one meanwhile.
    const other = await settled(state);
    if (other.kind !== 'running') throw error;
    return { target: await openRunning(other.endpoints, context), log, close: nothingToClose };
  }
}

/** Tokens and certificates are made by the clock of the emulator, which a test may have set. */
async function openRunning(endpoints: EmulatorEndpoints, context: Context): Promise<Target> {
  const offset = await clockOffsetOf(endpoints);
  return openEmulator(endpoints, () => offset, context);
}

function openEmulator(endpoints: EmulatorEndpoints, clockOffset: () => number, context: Context): Target {
  return emulatorTarget(endpoints, readFileSync(endpoints.caFile, 'utf8'), {
    clockOffset,
    webhookKey: context.env.ENROLLKIT_WEBHOOK_KEY || undefined,
    onRequest: requestObserver(context),
    async messageArrived(deviceId, messageId) {
      const query = new URLSearchParams({ deviceId, limit: '1000' });
      const { body } = await askEmulator(endpoints, 'GET', `${controlPaths.messages}?${query}`);
      const { messages = [] } = (body ?? {}) as Partial<MessagesReply>;
      return messages.some(({ systemProperties }) => systemProperties.messageId === messageId);
    },
  });
}

function openAzure(
  target: Extract<PlanTarget, { kind: 'azure' }>,
  flags: FlagValues<typeof connectionStringFileFlag>,
  context: Context,
): Target {
  return azureTarget({
    ...target,
    serviceConnectionString: serviceConnectionString(target.dpsName, flags, context),
    hubConnectionString: hubConnectionString(context),
    webhookKey: context.env.ENROLLKIT_WEBHOOK_KEY || undefined,
    onRequest: requestObserver(context),
  });
}

/** With `--verbose`, one line per request. */
export function requestObserver({ output }: Context): RequestObserver | undefined {
  return output.verbose ? (event) => output.detail(describeRequest(event)) : undefined;
}
