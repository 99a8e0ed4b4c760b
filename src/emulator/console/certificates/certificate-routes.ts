/** The routes of CA certificates: upload, verification code, proof of possession, deletion. */
import type { Context } from 'hono';
import type { ConsoleApp } from '../console-app.js';
import { consolePath, PageProblem } from '../page-context.js';
import { generateCode, remove, upload, verify } from './certificate-calls.js';
import { certificateList } from './certificate-list.js';
import { certificatePage } from './certificate-page.js';

export function certificateRoutes(console: ConsoleApp): void {
  const list = `${consolePath}/services/:service/certificates`;
  const one = `${list}/:name`;
  console.get(list, (page, c) => certificateList(page, console.service(c)));
  console.post(list, (page, c) => {
    const service = console.service(c);
    return {
      act: (sent) => upload(page, service, sent),
      rerender: (sent, refusal) => certificateList(page, service, { key: 'upload', sent, refusal }),
    };
  });
  console.get(one, (page, c) => {
    const service = console.service(c);
    const stored = service.certificates.get(nameIn(c));
    if (!stored) throw new PageProblem('notFound');
    return certificatePage(page, service, stored);
  });
  for (const [step, act] of Object.entries({ code: generateCode, verify, delete: remove })) {
    console.post(`${one}/do/${step}`, (page, c) => {
      const service = console.service(c);
      const name = nameIn(c);
      return {
        act: (sent) => act(page, service, name, sent),
        rerender(sent, refusal) {
          const stored = service.certificates.get(name);
          return stored === undefined
            ? certificateList(page, service, { key: 'upload', refusal })
            : certificatePage(page, service, stored, { key: step, sent, refusal });
        },
      };
    });
  }
}

function nameIn(c: Context): string {
  return c.req.param('name') ?? '';
}
