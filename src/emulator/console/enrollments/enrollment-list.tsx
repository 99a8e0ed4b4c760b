/** The page Enrollments: the groups and the individual enrollments of a provisioning service. */
import type { Context } from 'hono';
import type { Child } from 'hono/jsx';
import { kindOf } from '../../dps/attestation/kinds.js';
import type { ProvisioningService } from '../../dps/provisioning-service.js';
import type { Positioned } from '../../dps/state/enrollment-settings.js';
import type { StoredGroup } from '../../dps/state/stored-groups.js';
import type { StoredIndividual } from '../../dps/state/stored-individuals.js';
import { Badge, renderPage, Time } from '../layout.js';
import { LiveList, pageSize, positionOf, SearchForm } from '../list.js';
import { type PageContext, paths } from '../page-context.js';
import { choiceOf } from './enrollment-form.js';

export function enrollmentList(page: PageContext, service: ProvisioningService, c: Context): string {
  const { text } = page;
  const { enrollmentsPage } = text;
  const { dpsName } = service.identity;
  const base = paths.enrollments(dpsName);
  const prefix = c.req.query('prefix') ?? '';
  const [groups, individuals] = [c.req.query('groups') ?? '', c.req.query('individuals') ?? ''];
  const columns = [text.status, enrollmentsPage.attestation, text.updated];
  return renderPage(
    page,
    text.enrollments,
    <>
      <SearchForm page={page} action={base} prefix={prefix} />
      <ListSection
        id="groups"
        title={enrollmentsPage.groups}
        add={[enrollmentsPage.addGroup, paths.newGroup(dpsName)]}
      >
        <LiveList
          page={page}
          id="live-groups"
          label={enrollmentsPage.groups}
          empty={enrollmentsPage.noGroups}
          head={[enrollmentsPage.groupId, ...columns, enrollmentsPage.viewRegistrations]}
          items={service.groups.page(positionOf(groups), pageSize + 1, prefix)}
          query={{ base, prefix, keep: { individuals }, position: 'groups', after: groups }}
          positionAfter={positionText}
          row={({ stored }) => (
            <Row
              page={page}
              id={stored.enrollmentGroupId}
              to={paths.group(dpsName, stored.enrollmentGroupId)}
              stored={stored}
            >
              <td>
                <a href={paths.groupRegistrations(dpsName, stored.enrollmentGroupId)}>
                  {enrollmentsPage.viewRegistrations}
                  <span class="visually-hidden"> {stored.enrollmentGroupId}</span>
                </a>
              </td>
            </Row>
          )}
        />
      </ListSection>
      <ListSection
        id="individuals"
        title={enrollmentsPage.individuals}
        add={[enrollmentsPage.addIndividual, paths.newIndividual(dpsName)]}
      >
        <LiveList
          page={page}
          id="live-individuals"
          label={enrollmentsPage.individuals}
          empty={enrollmentsPage.noIndividuals}
          head={[enrollmentsPage.registrationId, ...columns]}
          items={service.individuals.page(positionOf(individuals), pageSize + 1, prefix)}
          query={{ base, prefix, keep: { groups }, position: 'individuals', after: individuals }}
          positionAfter={positionText}
          row={({ stored }) => (
            <Row
              page={page}
              id={stored.registrationId}
              to={paths.individual(dpsName, stored.registrationId)}
              stored={stored}
            />
          )}
        />
      </ListSection>
    </>,
  );
}

function positionText({ position }: Positioned<unknown>): string {
  return String(position);
}

/** @param props.add the label and the path of the page that creates one */
function ListSection({
  id,
  title,
  add: [label, to],
  children,
}: {
  id: string;
  title: string;
  add: [label: string, to: string];
  children: Child;
}) {
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <p>
        <a class="button" href={to}>
          {label}
        </a>
      </p>
      {children}
    </section>
  );
}

/** The cells that both kinds of enrollments have. */
function Row({
  page: { text },
  id,
  to,
  stored,
  children,
}: {
  page: PageContext;
  id: string;
  to: string;
  stored: StoredGroup | StoredIndividual;
  children?: Child;
}) {
  const isDisabled = stored.provisioningStatus === 'disabled';
  const choice = choiceOf({ attestation: kindOf(stored.attestation).toMechanism(stored.attestation) });
  return (
    <tr>
      <td class="id">
        <a href={to}>{id}</a>
      </td>
      <td>
        <Badge kind={isDisabled ? 'bad' : 'good'}>{isDisabled ? text.disabled : text.enabled}</Badge>
      </td>
      <td>{text.enrollmentsPage.kinds[choice ?? 'tpm']}</td>
      <td>
        <Time at={stored.updated} />
      </td>
      {children}
    </tr>
  );
}
