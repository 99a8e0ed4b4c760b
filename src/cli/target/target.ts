/** Opens the DPS that a command works with; starts an emulator for the duration of the command if none runs. */

import { readFileSync } from 'node:fs';
import { describeRequest, type RequestObserver } from '../../dps/client/observer.js';
import { azureTarget, emulatorTarget, type Target } from '../../dps/client/target.js';
import { controlPaths, type MessagesReply } from '../../emulator/control/paths.js';
import { askEmulator, findEmulator, released, settled } from '../../emulator/control/running.js';
import type { EmulatorEndpoints } from '../../emulator/endpoints.js';
import { logFileOf } from '../../emulator/log-file.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { PlanTarget } from '../../quickstart/plan/fields.js';
import { layoutOf } from '../../workspace/layout.js';
import type { Context } from '../kernel/command.js';
import type { FlagValues } from '../kernel/flags.js';
import { quoted } from '../terminal/command-line.js';
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

/** How often a command tries to use the emulator of another command, or else to start one. */
const maxAttempts = 5;

interface OpenTarget {
  target: Target;
  /** The log file of the emulator, absolute; undefined in Azure. */
  log?: string;
  /** The state folder of an emulator that another process runs. */
  ofOther?: string;
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
  } catch (thrown) {
    const error = withReason(thrown, open);
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
  } catch (error) {
    throw opened.reduce(withReason, error);
  } finally {
    for (const { close } of opened) await close();
  }
}

/** No answer, if the process that ran the emulator has ended in the meantime: the network is not to blame. */
function withReason(error: unknown, { ofOther }: OpenTarget): unknown {
  if (!(error instanceof EnrollkitError) || error.code !== 'NETWORK' || ofOther === undefined) return error;
  if (findEmulator(ofOther).kind !== 'stopped') return error;
  return new EnrollkitError('NETWORK', sentences.cliTarget.emulatorEnded, {
    next: sentences.cliTarget.keepRunning(quoted(ofOther)),
    cause: error,
  });
}

async function openTarget(request: TargetRequest, context: Context): Promise<OpenTarget> {
  if (request.target.kind === 'azure') {
    return { target: openAzure(request.target, request.flags, context), close: async () => {} };
  }
  const found = emulatorStateOfRuns(request.folder);
  const state = found ?? stateOfRuns(request.folder);
  for (let attempt = 1; ; attempt += 1) {
    const other = await openOther(state, context);
    if (other !== undefined) return other;
    if (!request.mayCreate && found === undefined) {
      const { folder } = layoutOf(request.folder);
      throw new EnrollkitError('NOT_FOUND', sentences.cliTarget.noEmulator(folder), {
        next: sentences.cliTarget.startFirst,
      });
    }
    try {
      return await startOwn(state, context);
    } catch (error) {
      const isInUse = error instanceof EnrollkitError && error.code === 'EMULATOR_STATE_IN_USE';
      // Another command has started one in the meantime, which may end at any time.
      if (!isInUse || attempt === maxAttempts) throw error;
    }
  }
}

/** Starts an emulator in this process. */
async function startOwn(state: string, context: Context): Promise<OpenTarget> {
  const { startEmulator } = await import('../../emulator/start.js');
  // A client sees only that it gets no answer.
  const show = emulatorLog(context.output, ({ status }) => status >= 500);
  const writeToFile = emulatorLogFile(state);
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
  return { target: openEmulator(endpoints, clockOffset, context), log: logFileOf(state), close: stop };
}

/** The emulator that another process runs; undefined when none does. */
async function openOther(state: string, context: Context): Promise<OpenTarget | undefined> {
  for (;;) {
    const running = await settled(state);
    if (running.kind !== 'running') return undefined;
    try {
      const target = await openRunning(running.endpoints, context);
      return { target, log: logFileOf(state), ofOther: state, close: async () => {} };
    } catch (error) {
      // It is stopping: the command that started it has ended.
      const { code = '' } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
      if (!['ECONNRESET', 'ECONNREFUSED'].includes(code) || !(await released(state))) throw error;
    }
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
