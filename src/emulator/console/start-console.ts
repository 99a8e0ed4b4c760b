/** Starts the listeners of the emulator's page, whose modules are loaded at the first request. */
import type { RequestListener } from 'node:http';
import type { EmulatorClock } from '../clock.js';
import type { EmulatorCore } from '../core.js';
import type { EmulatorApps } from '../emulator-app.js';
import type { EmulatorEndpoints } from '../endpoints.js';
import type { EmulatorFaults } from '../faults/control.js';
import { startLoopbackHttp } from '../wire/http/loopback-listener.js';
import { parseTarget } from '../wire/http/request-target.js';
import type { AnswerRequest } from '../wire/http/send-reply.js';
import type { Activity } from './activity.js';
import { consolePath } from './page-context.js';
import { ConsoleSession } from './session.js';
import { Wire } from './wire.js';

export interface StartConsoleOptions {
  armToken: string;
  apps: EmulatorApps;
  clock: EmulatorClock;
  faults: EmulatorFaults;
  activity: Activity;
  /** 0 picks a free one. */
  port: number;
}

export interface RunningConsole {
  /** With the token that opens it. */
  url: string;
  /** Set before the first request is answered. */
  endpoints: EmulatorEndpoints | undefined;
  /** Answers requests for the page, and passes all others on. */
  before(others: AnswerRequest): AnswerRequest;
  close(): Promise<void>;
}

/**
 * Serves the page over HTTP on 127.0.0.1, for browsers that do not trust the emulator's TLS root.
 *
 * @throws EnrollkitError PORT_IN_USE, PORT_NOT_PERMITTED, ADDRESS_UNUSABLE
 */
export async function startConsole(
  { services, hubs, log }: Pick<EmulatorCore, 'services' | 'hubs' | 'log'>,
  { armToken, apps, clock, faults, activity, port }: StartConsoleOptions,
): Promise<RunningConsole> {
  const session = new ConsoleSession(armToken);
  const report = log.for('arm', 'https');
  let loaded: Promise<RequestListener> | undefined;
  const load = async () => {
    const { createConsole } = await import('./console.js');
    // With it, Node.js loads its fetch, which takes half as long as an empty program.
    const { getRequestListener } = await import('@hono/node-server');
    const page = createConsole({
      services,
      hubs,
      clock,
      faults,
      activity,
      session,
      wire: new Wire(apps.planes, armToken),
      reader: new Wire(apps.quietPlanes, armToken),
      endpoints: () => running.endpoints!,
      onDefect: ({ stack, message }) =>
        report({ operation: 'console', status: 500, reason: stack ?? message }),
    });
    return getRequestListener((request) => page.answer(request));
  };
  const answer: AnswerRequest = async ({ incoming, outgoing }) => {
    loaded ??= load();
    await (await loaded)(incoming, outgoing);
  };
  const listener = await startLoopbackHttp({ port, flag: '--console-port', answer });
  const running: RunningConsole = {
    url: `http://127.0.0.1:${listener.port}${consolePath}/?token=${session.token}`,
    endpoints: undefined,
    before: (others) => (connection) =>
      isConsolePath(parseTarget(connection.incoming.url ?? '')?.path ?? '')
        ? answer(connection)
        : others(connection),
    close: () => listener.close(),
  };
  return running;
}

function isConsolePath(path: string): boolean {
  return path === consolePath || path.startsWith(`${consolePath}/`);
}
