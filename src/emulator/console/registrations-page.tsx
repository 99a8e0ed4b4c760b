/** The page Registrations: of a provisioning service, or of one enrollment group. */
import type { Context } from 'hono';
import { routes } from '../../dps/contract/routes.js';
import type { ProvisioningService } from '../dps/provisioning-service.js';
import type { RegistrationRecord } from '../dps/state/stored-registrations.js';
import type { Outcome } from './actions.js';
import type { ConsoleApp } from './console-app.js';
import { DeleteForm, RefusalNotice } from './form.js';
import { Badge, renderPage, Time } from './layout.js';
import { LiveList, pageSize, positionOf, SearchForm } from './list.js';
import { consolePath, type PageContext, paths } from './page-context.js';
import { type Refusal, refusalOf, type Submission } from './submission.js';
import { consoleVersions } from './wire.js';

export function registrationRoutes(console: ConsoleApp): void {
  const list = `${consolePath}/services/:service/registrations`;
  console.get(list, (page, c) => registrationList(page, console.service(c), c));
  console.post(`${list}/do/delete/:id`, (page, c) => {
    const service = console.service(c);
    return {
      act: (sent) => remove(page, service, c.req.param('id')!, sent),
      rerender: (_, refusal) => registrationList(page, service, c, refusal),
    };
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

function registrationList(
  page: PageContext,
  service: ProvisioningService,
  c: Context,
  refusal?: Refusal,
): string {
  const { text } = page;
  const { registrationsPage } = text;
  const { dpsName } = service.identity;
  const group = c.req.query('group');
  const [prefix, after] = [c.req.query('prefix') ?? '', c.req.query('after') ?? ''];
  const base = paths.registrations(dpsName);
  const keep: Record<string, string> = group === undefined ? {} : { group };
  return renderPage(
    page,
    group === undefined ? text.registrations : registrationsPage.ofGroup(group),
    <>
      <SearchForm page={page} action={base} prefix={prefix} hidden={keep} />
      <RefusalNotice page={page} refusal={refusal} />
      <LiveList
        page={page}
        id="live-registrations"
        label={text.registrations}
        empty={registrationsPage.empty}
        head={[
          text.enrollmentsPage.registrationId,
          text.status,
          registrationsPage.enrollment,
          registrationsPage.hub,
          text.updated,
          text.actions,
        ]}
        items={service.records.list(positionOf(after), pageSize + 1, { enrollmentGroupId: group, prefix })}
        query={{ base, prefix, keep, after }}
        positionAfter={({ position }) => String(position)}
        row={({ stored }) => <Row page={page} dpsName={dpsName} stored={stored} />}
      />
    </>,
  );
}

function Row({ page, dpsName, stored }: { page: PageContext; dpsName: string; stored: RegistrationRecord }) {
  const { registrationsPage } = page.text;
  const { registrationId, enrollmentGroupId, hubId, deviceId, status, errorMessage } = stored;
  return (
    <tr>
      <td class="id">{registrationId}</td>
      <td>
        <Badge kind={status === 'assigned' ? 'good' : 'bad'}>{registrationsPage.states[status]}</Badge>
        {errorMessage && <p lang="en">{errorMessage}</p>}
      </td>
      <td class="id">
        {enrollmentGroupId === undefined ? (
          <a href={paths.individual(dpsName, registrationId)}>{registrationsPage.individual}</a>
        ) : (
          <a href={paths.group(dpsName, enrollmentGroupId)}>{enrollmentGroupId}</a>
        )}
      </td>
      <td class="id">
        {hubId !== undefined && deviceId !== undefined && (
          <a href={paths.device(hubId, deviceId)}>
            {hubId}: {deviceId}
          </a>
        )}
      </td>
      <td>
        <Time at={stored.updated} />
      </td>
      <td>
        <DeleteForm
          page={page}
          name={registrationId}
          action={`${paths.registrations(dpsName)}/do/delete/${encodeURIComponent(registrationId)}`}
          etag={stored.etag}
          state={{ key: `delete-${registrationId}` }}
        />
      </td>
    </tr>
  );
}
