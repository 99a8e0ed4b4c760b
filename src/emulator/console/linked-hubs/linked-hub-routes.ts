/** The routes of linked hubs: link, change, unlink, and the allocation policy of the service. */
import type { Context } from 'hono';
import type { ConsoleApp } from '../console-app.js';
import { consolePath, PageProblem } from '../page-context.js';
import { changeAllocationPolicy, changeLink, linkHub, unlinkHub } from './linked-hub-calls.js';
import { linkedHubList, linkedHubPage } from './linked-hub-pages.js';

export function linkedHubRoutes(console: ConsoleApp): void {
  const list = `${consolePath}/services/:service/hubs`;
  const one = `${list}/:linkedHub`;
  console.get(list, (page, c) => linkedHubList(page, console.service(c)));
  for (const [key, act] of Object.entries({ link: linkHub, policy: changeAllocationPolicy })) {
    console.post(`${list}/do/${key}`, (page, c) => {
      const service = console.service(c);
      return {
        act: (sent) => act(page, service, sent),
        rerender: (sent, refusal) => linkedHubList(page, service, { key, sent, refusal }),
      };
    });
  }
  console.get(one, (page, c) => {
    const service = console.service(c);
    const hub = service.hubs.get(idIn(c));
    if (!hub) throw new PageProblem('notFound');
    return linkedHubPage(page, service, hub);
  });
  for (const [key, act] of Object.entries({ save: changeLink, unlink: unlinkHub })) {
    console.post(`${one}/do/${key}`, (page, c) => {
      const service = console.service(c);
      return {
        act: (sent) => act(page, service, idIn(c), sent),
        rerender(sent, refusal) {
          const hub = service.hubs.get(idIn(c));
          return hub === undefined
            ? linkedHubList(page, service, { key: 'link', refusal })
            : linkedHubPage(page, service, hub, { key, sent, refusal });
        },
      };
    });
  }
}

function idIn(c: Context): string {
  return c.req.param('linkedHub') ?? '';
}
