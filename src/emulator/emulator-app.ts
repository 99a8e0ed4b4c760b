/** Everything that an emulator answers over HTTPS: the four planes, the token endpoint, and its own operations. */
import { AccessTokens } from './access/access-tokens.js';
import { tokenEndpoint } from './access/token-endpoint.js';
import { type ControlOptions, controlRoutes } from './control/control-routes.js';
import { healthRoutes } from './control/health-routes.js';
import type { EmulatorCore } from './core.js';
import { armPlane } from './dps/arm/arm-plane.js';
import { devicePlane } from './dps/device/device-plane.js';
import { servicePlane } from './dps/service/service-plane.js';
import { ResourceGroups } from './dps/state/resource-groups.js';
import type { EmulatorFaults } from './faults/control.js';
import { hubPlane } from './hub/http/hub-plane.js';
import { openApiRoute } from './openapi/route.js';
import type { StateDatabase } from './state/database.js';
import type { Identity } from './state/identity.js';
import { EventLog } from './wire/events.js';
import { createHttpApp, type HttpApp } from './wire/http/http-app.js';
import { resolveByHost } from './wire/network/host-names.js';

export interface EmulatorAppOptions extends Omit<ControlOptions, 'tokens' | 'log' | 'faults'> {
  faults: EmulatorFaults;
  identity: Identity;
  database: StateDatabase;
  /** Seconds that a device is told to wait while it is being assigned. */
  retryAfter: number;
  /** Whether all is open and seeded. */
  isOpen: () => boolean;
}

/** The applications of an emulator; all answer from the same planes. */
export interface EmulatorApps {
  /** For clients. */
  app: HttpApp;
  /** The planes alone, without faults: for the emulator's page. */
  planes: HttpApp;
  /** The same, without entries in the log. */
  quietPlanes: HttpApp;
}

/** Puts the planes and the emulator's own routes together. */
export function createEmulatorApps(
  { services, hubs, registry, registrations, versions, now, log }: EmulatorCore,
  { identity, database, retryAfter, isOpen, faults, ...control }: EmulatorAppOptions,
): EmulatorApps {
  const tokens = new AccessTokens(identity.armToken, now);
  // An emulator starts with at least one service: see readIdentity.
  const { names } = services.list()[0]!;
  const arm = armPlane({
    tokens,
    versions,
    subscriptionId: identity.subscriptionId,
    resourceGroups: new ResourceGroups(database),
    services,
    hubs,
    registry,
    retryAfter,
    now,
  });
  const service = servicePlane({ services, tokens, versions, now });
  const device = devicePlane({
    registrations,
    retryAfter,
    deviceHostName: () => names.https,
    versions,
    now,
  });
  const hub = hubPlane({
    hubByHost: (dialled) => resolveByHost(hubs.list(), dialled) ?? hubs.withoutDevices,
    acceptsBearer: (authorization) => tokens.accepts(authorization, 'hub'),
    versions,
    now,
  });
  const shared = {
    planes: [arm, service, device, hub],
    planeOf: (path: string) => (/^\/(subscriptions|providers)(\/|$)/i.test(path) ? arm : service),
    now,
  };
  return {
    app: createHttpApp({
      ...shared,
      plainRoutes: [
        ...healthRoutes(() => isOpen() && answers(database)),
        openApiRoute(() => `https://${names.https}`),
        ...tokenEndpoint({ tokens, names, log }),
        ...controlRoutes({ ...control, faults, tokens, log }),
      ],
      log,
      faults,
    }),
    planes: createHttpApp({ ...shared, plainRoutes: [], log }),
    quietPlanes: createHttpApp({ ...shared, plainRoutes: [], log: new EventLog(() => {}, now) }),
  };
}

/** Whether the state can be read: neither closed nor damaged. */
function answers(database: StateDatabase): boolean {
  try {
    return database.open && database.prepare('SELECT count(*) AS count FROM setting').get() !== undefined;
  } catch {
    return false;
  }
}
