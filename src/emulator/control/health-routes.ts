/** Whether the emulator runs and can be used, for container engines and load balancers: without a token. */
import { healthPaths } from '../wire/http/health-paths.js';
import type { PlainRoute } from '../wire/http/http-app.js';

/** @param isReady whether everything is open and its state answers */
export function healthRoutes(isReady: () => boolean): PlainRoute[] {
  return [
    {
      route: { method: 'GET', path: healthPaths.health },
      handle: () => ({ status: 200, body: { status: 'healthy' } }),
    },
    {
      route: { method: 'GET', path: healthPaths.ready },
      handle: () =>
        isReady()
          ? { status: 200, body: { status: 'ready' } }
          : { status: 503, body: { status: 'notReady' }, headers: { 'retry-after': '1' } },
    },
  ];
}
