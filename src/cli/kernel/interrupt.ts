/** Ctrl-C and SIGTERM: one abort controller for the whole process. */
import { exitStatus, interruption } from '../../errors.js';

/** The first signal aborts, so that the run ends where nothing is half made; the second ends the process at once. */
export function abortOnSignals(exit: (status: number) => never): AbortController {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) exit(exitStatus.interrupted);
    controller.abort(interruption());
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return controller;
}
