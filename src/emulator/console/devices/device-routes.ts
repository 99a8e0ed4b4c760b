/** The routes of a hub's devices: the list, and one device with its twin, direct methods and messages. */
import type { Context } from 'hono';
import type { HubDevice } from '../../hub/devices.js';
import type { IotHub } from '../../hub/hub-directory.js';
import type { ConsoleApp } from '../console-app.js';
import { consolePath, type PageContext, PageProblem } from '../page-context.js';
import type { FormState } from '../submission.js';
import { invoke, purge, remove, saveTwin, send, setStatus } from './device-calls.js';
import { deviceList } from './device-list.js';
import { devicePage } from './device-page.js';

export function deviceRoutes(console: ConsoleApp): void {
  const list = `${consolePath}/hubs/:hub/devices`;
  const one = `${list}/:id`;
  console.get(list, (page, c) => deviceList(page, console.hub(c), c));
  console.get(one, (page, c) => {
    const hub = console.hub(c);
    return devicePage(page, hub, deviceOf(hub, c.req.param('id')!));
  });
  for (const [key, act] of Object.entries({
    twin: saveTwin,
    status: setStatus,
    message: send,
    purge,
    delete: remove,
  })) {
    console.post(`${one}/do/${key}`, (page, c) => {
      const hub = console.hub(c);
      const id = c.req.param('id')!;
      return {
        act: (sent) => act(page, hub, id, sent),
        rerender: (sent, refusal) => rerender(page, hub, id, c, { key, sent, refusal }),
      };
    });
  }
  // What a method returns is shown on the page that it was called from.
  console.post(`${one}/do/method`, (page, c) => {
    const hub = console.hub(c);
    const id = c.req.param('id')!;
    const key = 'method';
    return {
      async act(sent) {
        const invoked = await invoke(page, hub, id, sent);
        if ('refusal' in invoked) return invoked;
        return { html: devicePage(page, hub, deviceOf(hub, id), { key, sent }, invoked) };
      },
      rerender: (sent, refusal) => rerender(page, hub, id, c, { key, sent, refusal }),
    };
  });
}

function rerender(page: PageContext, hub: IotHub, id: string, c: Context, state: FormState): string {
  const device = hub.hub.devices.get(id);
  return device === undefined
    ? deviceList(page, hub, c, state.refusal)
    : devicePage(page, hub, device, state);
}

/** @throws PageProblem notFound */
function deviceOf({ hub }: IotHub, id: string): HubDevice {
  const device = hub.devices.get(id);
  if (!device) throw new PageProblem('notFound');
  return device;
}
