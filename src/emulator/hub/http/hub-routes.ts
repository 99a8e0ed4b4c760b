/** The HTTPS sides of all hubs on one port: the name or the address that a client dialled tells which one is meant. */
import { Hono } from 'hono';
import { type Bindings, dialledBy } from '../../wire/http/app.js';
import { meant } from '../../wire/network/host-names.js';
import type { IotHub } from '../hub-directory.js';

/** @param routesOf the routes of one hub, the same for all */
export function hubsRoutes(
  hubs: readonly IotHub[],
  routesOf: (hub: IotHub) => Hono<Bindings>,
): Hono<Bindings> {
  const apps = new Map(hubs.map((hub) => [hub, routesOf(hub)]));
  const app = new Hono<Bindings>();
  for (const { method, path } of apps.get(hubs[0]!)!.routes) {
    app.on(method, path, (context) => {
      const hub = meant(hubs, dialledBy(context.env.incoming))!;
      // The path is spelled as in the route table by now.
      const url = new URL(context.req.url);
      url.pathname = context.req.path;
      const { headers } = context.req.raw;
      return apps.get(hub)!.fetch(new Request(url, { method, headers }), context.env);
    });
  }
  return app;
}
