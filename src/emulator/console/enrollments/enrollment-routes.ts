/** The routes of enrollment groups and individual enrollments: list, create, change, delete. */
import type { Context } from 'hono';
import type { ConsoleApp } from '../console-app.js';
import { consolePath } from '../page-context.js';
import { change, create, readEnrollment, remove } from './enrollment-calls.js';
import { enrollmentList } from './enrollment-list.js';
import { editPage, formPage, newPage } from './enrollment-page.js';

export function enrollmentRoutes(console: ConsoleApp): void {
  const service = `${consolePath}/services/:service`;
  console.get(`${service}/enrollments`, (page, c) => enrollmentList(page, console.service(c), c));
  for (const [type, segment] of [
    ['group', 'groups'],
    ['individual', 'individuals'],
  ] as const) {
    console.get(`${service}/new-${type}`, (page, c) => newPage(page, { service: console.service(c), type }));
    console.post(`${service}/new-${type}`, (page, c) => {
      const place = { service: console.service(c), type };
      return {
        act: (sent) => create(page, place, sent),
        rerender: (sent, refusal) => newPage(page, place, { key: 'enrollment', sent, refusal }),
      };
    });
    const one = `${service}/${segment}/:id`;
    const placeOf = (c: Context) => ({ service: console.service(c), type, id: c.req.param('id')! });
    console.get(one, (page, c) => editPage(page, placeOf(c)));
    for (const [key, step, act] of [
      ['enrollment', 'save', change],
      ['delete', 'delete', remove],
    ] as const) {
      console.post(`${one}/do/${step}`, async (page, c) => {
        const place = placeOf(c);
        const read = await readEnrollment(page, place);
        return {
          act: (sent) => act(page, place, sent),
          rerender: (sent, refusal) =>
            read === undefined
              ? newPage(page, place, { key: 'enrollment', sent, refusal })
              : formPage(page, place, read, { key, sent, refusal }),
        };
      });
    }
  }
}
