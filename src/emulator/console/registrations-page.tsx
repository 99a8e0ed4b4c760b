/** The page Registrations: of a provisioning service, or of one enrollment group. */
import type { Context, Hono } from 'hono';
import { routes } from '../../dps/contract/routes.js';
import type { ProvisioningService } from '../dps/provisioning-service.js';
import type { Outcome } from './actions.js';
import type { ConsoleApp } from './console-app.js';
import { positionOf } from './enrollments-page.js';
import { DeleteForm, type FormState, refusalOf, type Submission, stateOf } from './form.js';
import { Badge, Live, Pager, renderPage, SearchForm, Table, Time } from './layout.js';
import { consolePath, type PageContext, paths } from './page-context.js';
import { consoleVersions } from './wire.js';

const pageSize = 100;

export function registrationRoutes(app: Hono, console: ConsoleApp): void {
  const list = `${consolePath}/services/:service/registrations`;
  app.get(list, async (c) => c.html(listPage(await console.page(c), console.service(c), c)));
  app.post(`${list}/do/delete/:id`, async (c) => {
    const page = await console.page(c);
    const service = console.service(c);
    const id = c.req.param('id')!;
    return console.actions.run(
      c,
      (sent) => remove(page, service, id, sent),
      (sent, refusal) => listPage(page, service, c, { key: `delete-${id}`, sent, refusal }),
    );
  });
}

async function remove(
  page: PageContext,
  { names, identity }: ProvisioningService,
  id: string,
  sent: Submission,
): Promise<Outcome> {
  const reply = await page.console.wire.call({
    host: names.https,
    route: routes.service.deleteRegistration,
    parameters: { registrationId: id },
    apiVersion: consoleVersions.service,
    ifMatch: sent.text('etag'),
  });
  if (reply.refusal !== undefined) return { refusal: refusalOf(page, reply) };
  return { to: paths.registrations(identity.dpsName), done: 'registrationDeleted' };
}

function listPage(page: PageContext, service: ProvisioningService, c: Context, sent?: FormState): string {
  const { text } = page;
  const { registrationsPage } = text;
  const { dpsName } = service.identity;
  const [group, prefix, after] = [
    c.req.query('group'),
    c.req.query('prefix') ?? '',
    c.req.query('after') ?? '',
  ];
  const records = service.records.list(positionOf(after), pageSize + 1, { enrollmentGroupId: group, prefix });
  const base = paths.registrations(dpsName);
  const filter: Record<string, string> = group === undefined ? {} : { group };
  return renderPage(
    page,
    group === undefined ? text.registrations : registrationsPage.ofGroup(group),
    <>
      <SearchForm page={page} action={base} prefix={prefix} hidden={filter} />
      {sent?.refusal && (
        <div class="notice error" role="alert">
          <p>
            {text.refused} {sent.refusal.message}
          </p>
        </div>
      )}
      <Live id="live-registrations">
        {records.length === 0 ? (
          <p>{prefix === '' ? registrationsPage.empty : text.noMatch(prefix)}</p>
        ) : (
          <Table
            label={text.registrations}
            head={[
              text.enrollmentsPage.registrationId,
              text.status,
              registrationsPage.enrollment,
              registrationsPage.hub,
              text.updated,
              text.actions,
            ]}
          >
            {records.slice(0, pageSize).map(({ stored }) => (
              <tr>
                <td class="id">{stored.registrationId}</td>
                <td>
                  <Badge kind={stored.status === 'assigned' ? 'good' : 'bad'}>
                    {registrationsPage.states[stored.status]}
                  </Badge>
                  {stored.errorMessage && <p lang="en">{stored.errorMessage}</p>}
                </td>
                <td class="id">
                  {stored.enrollmentGroupId === undefined ? (
                    <a href={paths.individual(dpsName, stored.registrationId)}>
                      {registrationsPage.individual}
                    </a>
                  ) : (
                    <a href={paths.group(dpsName, stored.enrollmentGroupId)}>{stored.enrollmentGroupId}</a>
                  )}
                </td>
                <td class="id">
                  {stored.hubId !== undefined && stored.deviceId !== undefined && (
                    <a href={paths.device(stored.hubId, stored.deviceId)}>
                      {stored.hubId}: {stored.deviceId}
                    </a>
                  )}
                </td>
                <td>
                  <Time at={stored.updated} />
                </td>
                <td>
                  <DeleteForm
                    page={page}
                    name={stored.registrationId}
                    action={`${base}/do/delete/${encodeURIComponent(stored.registrationId)}`}
                    etag={stored.etag}
                    state={stateOf(`delete-${stored.registrationId}`, undefined)}
                  />
                </td>
              </tr>
            ))}
          </Table>
        )}
        <Pager
          page={page}
          label={text.registrations}
          base={base}
          query={{ ...filter, prefix }}
          after={after}
          next={records.length > pageSize ? String(records[pageSize - 1]!.position) : undefined}
        />
      </Live>
    </>,
  );
}
