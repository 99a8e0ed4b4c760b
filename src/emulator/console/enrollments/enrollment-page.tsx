/** The page of one enrollment, new or existing. */
import type { ProvisioningService } from '../../dps/provisioning-service.js';
import { CheckField, CheckList, SelectField, TextArea, TextField } from '../fields.js';
import { DeleteForm, Form } from '../form.js';
import { renderPage, Secret } from '../layout.js';
import { type PageContext, PageProblem, paths } from '../page-context.js';
import { type FormState, stateOf } from '../submission.js';
import { AttestationFields } from './attestation-fields.js';
import { type EnrollmentPlace, pathOf, type ReadEnrollment, readEnrollment } from './enrollment-calls.js';
import {
  type EnrollmentJson,
  type EnrollmentType,
  policies,
  reprovisioningOf,
  reprovisionings,
} from './enrollment-form.js';

export function newPage(
  page: PageContext,
  { service, type }: Omit<EnrollmentPlace, 'id'>,
  sent?: FormState,
): string {
  const { enrollmentsPage } = page.text;
  const { dpsName } = service.identity;
  const action = type === 'group' ? paths.newGroup(dpsName) : paths.newIndividual(dpsName);
  return renderPage(
    page,
    type === 'group' ? enrollmentsPage.addGroup : enrollmentsPage.addIndividual,
    <EnrollmentForm
      page={page}
      service={service}
      type={type}
      action={action}
      state={stateOf('enrollment', sent)}
    />,
  );
}

/** @throws PageProblem notFound */
export async function editPage(page: PageContext, place: EnrollmentPlace): Promise<string> {
  const read = await readEnrollment(page, place);
  if (read === undefined) throw new PageProblem('notFound');
  return formPage(page, place, read);
}

export function formPage(
  page: PageContext,
  place: EnrollmentPlace,
  { enrollment, keys }: ReadEnrollment,
  sent?: FormState,
): string {
  const { service, type, id } = place;
  const { text } = page;
  const { enrollmentsPage } = text;
  const { dpsName } = service.identity;
  const own = pathOf(place);
  return renderPage(
    page,
    type === 'group' ? enrollmentsPage.editGroup(id) : enrollmentsPage.editIndividual(id),
    <>
      {type === 'group' && (
        <p>
          <a href={paths.groupRegistrations(dpsName, id)}>{enrollmentsPage.viewRegistrations}</a>
        </p>
      )}
      {keys && (
        <dl>
          <dt>{enrollmentsPage.primaryKey}</dt>
          <dd>
            <Secret page={page} value={keys.primaryKey ?? ''} label={enrollmentsPage.primaryKey} />
          </dd>
          <dt>{enrollmentsPage.secondaryKey}</dt>
          <dd>
            <Secret page={page} value={keys.secondaryKey ?? ''} label={enrollmentsPage.secondaryKey} />
          </dd>
        </dl>
      )}
      <EnrollmentForm
        page={page}
        service={service}
        type={type}
        action={`${own}/do/save`}
        enrollment={enrollment}
        state={stateOf('enrollment', sent)}
      />
      <DeleteForm
        page={page}
        name={id}
        action={`${own}/do/delete`}
        etag={enrollment.etag ?? ''}
        state={stateOf('delete', sent)}
      />
    </>,
  );
}

function EnrollmentForm({
  page,
  service,
  type,
  action,
  enrollment,
  state,
}: {
  page: PageContext;
  service: ProvisioningService;
  type: EnrollmentType;
  action: string;
  enrollment?: EnrollmentJson;
  state: FormState;
}) {
  const { text } = page;
  const { enrollmentsPage } = text;
  const {
    allocationPolicy,
    iotHubs,
    initialTwin,
    customAllocationDefinition,
    capabilities,
    provisioningStatus,
  } = enrollment ?? {};
  return (
    <Form
      page={page}
      state={state}
      action={action}
      submit={enrollment === undefined ? text.create : text.save}
      hasFiles
    >
      {enrollment === undefined ? (
        <TextField
          state={state}
          name="id"
          label={type === 'group' ? enrollmentsPage.groupId : enrollmentsPage.registrationId}
          isRequired
        />
      ) : (
        <input type="hidden" name="etag" value={enrollment.etag ?? ''} />
      )}
      {type === 'individual' && (
        <TextField
          state={state}
          name="deviceId"
          label={enrollmentsPage.deviceId}
          hint={enrollmentsPage.deviceIdHint}
          value={enrollment?.deviceId ?? ''}
        />
      )}
      <CheckField
        state={state}
        name="enabled"
        label={enrollmentsPage.enabled}
        isChecked={provisioningStatus !== 'disabled'}
      />
      <CheckField
        state={state}
        name="iotEdge"
        label={enrollmentsPage.iotEdge}
        isChecked={capabilities?.iotEdge === true}
      />
      <AttestationFields page={page} service={service} type={type} enrollment={enrollment} state={state} />
      <SelectField
        state={state}
        name="reprovisioning"
        label={enrollmentsPage.reprovisioning}
        choices={Object.fromEntries(
          (Object.keys(reprovisionings) as (keyof typeof reprovisionings)[]).map((name) => [
            name,
            enrollmentsPage.reprovisionings[name],
          ]),
        )}
        value={enrollment === undefined ? 'migrate' : reprovisioningOf(enrollment)}
      />
      <SelectField
        state={state}
        name="allocationPolicy"
        label={enrollmentsPage.allocation}
        choices={Object.fromEntries([
          ['', enrollmentsPage.policies.default],
          ...policies.map((name) => [name, enrollmentsPage.policies[name]]),
        ])}
        value={allocationPolicy ?? ''}
      />
      <CheckList
        state={state}
        name="iotHubs"
        label={enrollmentsPage.hubs}
        hint={enrollmentsPage.hubsHint}
        choices={service.hubs.list().map(({ hostName }) => hostName)}
        chosen={iotHubs ?? []}
      />
      <div data-when="allocationPolicy" data-is="custom">
        <TextField
          state={state}
          name="webhookUrl"
          label={enrollmentsPage.webhook}
          value={customAllocationDefinition?.webhookUrl ?? ''}
        />
      </div>
      <TextArea
        state={state}
        name="initialTwin"
        label={enrollmentsPage.initialTwin}
        value={initialTwin == null ? '' : JSON.stringify(initialTwin, null, 2)}
      />
    </Form>
  );
}
