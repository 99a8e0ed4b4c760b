/** The pages of enrollment groups and individual enrollments: list, create, change, delete. */
import type { Context, Hono } from 'hono';
import { routes } from '../../dps/contract/routes.js';
import { kindOf } from '../dps/attestation/kinds.js';
import type { ProvisioningService } from '../dps/provisioning-service.js';
import type { StoredGroup } from '../dps/state/stored-groups.js';
import type { StoredIndividual } from '../dps/state/stored-individuals.js';
import type { Outcome } from './actions.js';
import type { ConsoleApp } from './console-app.js';
import {
  attestations,
  bodyOf,
  choiceOf,
  type EnrollmentJson,
  type EnrollmentType,
  enrollmentFields,
  enrollmentIn,
  idFields,
  policies,
  reprovisioningOf,
  reprovisionings,
} from './enrollment-form.js';
import {
  CheckField,
  CheckList,
  DeleteForm,
  FileField,
  Form,
  type FormState,
  refusalOf,
  SelectField,
  type Submission,
  stateOf,
  TextArea,
  TextField,
} from './form.js';
import { Badge, Live, Pager, renderPage, SearchForm, Secret, Table, Time } from './layout.js';
import { consolePath, type PageContext, PageProblem, paths } from './page-context.js';
import { consoleVersions } from './wire.js';

const pageSize = 100;

const operations = {
  group: { get: 'getEnrollmentGroup', put: 'putEnrollmentGroup', delete: 'deleteEnrollmentGroup' },
  individual: { get: 'getEnrollment', put: 'putEnrollment', delete: 'deleteEnrollment' },
} as const;

export function enrollmentRoutes(app: Hono, console: ConsoleApp): void {
  const service = `${consolePath}/services/:service`;
  app.get(`${service}/enrollments`, async (c) =>
    c.html(listPage(await console.page(c), console.service(c), c)),
  );
  for (const [type, segment] of [
    ['group', 'groups'],
    ['individual', 'individuals'],
  ] as const) {
    app.get(`${service}/new-${type}`, async (c) =>
      c.html(newPage(await console.page(c), console.service(c), type)),
    );
    app.post(`${service}/new-${type}`, async (c) => {
      const page = await console.page(c);
      const of = console.service(c);
      return console.actions.run(
        c,
        (sent) => create(page, of, type, sent),
        (sent, refusal) => newPage(page, of, type, { key: 'enrollment', sent, refusal }),
      );
    });
    const one = `${service}/${segment}/:id`;
    app.get(one, async (c) => {
      const page = await console.page(c);
      return c.html(await editPage(page, console.service(c), type, c.req.param('id')!));
    });
    for (const [step, act] of Object.entries({ save: change, delete: remove })) {
      app.post(`${one}/do/${step}`, async (c) => {
        const page = await console.page(c);
        const of = console.service(c);
        const id = c.req.param('id')!;
        const read = await readEnrollment(page, of, type, id);
        return console.actions.run(
          c,
          (sent) => act(page, of, type, id, sent),
          (sent, refusal) =>
            read === undefined
              ? newPage(page, of, type, { key: 'enrollment', sent, refusal })
              : formPage(page, of, type, id, read, {
                  key: step === 'save' ? 'enrollment' : 'delete',
                  sent,
                  refusal,
                }),
        );
      });
    }
  }
}

function pathOf(type: EnrollmentType, service: string, id: string): string {
  return type === 'group' ? paths.group(service, id) : paths.individual(service, id);
}

/** Calls an operation of the service plane on an enrollment. */
function callService(
  { console: { wire, reader } }: PageContext,
  { names }: ProvisioningService,
  type: EnrollmentType,
  id: string,
  call: { operation: keyof (typeof operations)['group']; ifMatch?: string; body?: unknown },
) {
  return (call.operation === 'get' ? reader : wire).call({
    ...call,
    host: names.https,
    route: routes.service[operations[type][call.operation]],
    parameters: { [idFields[type]]: id },
    apiVersion: consoleVersions.service,
  });
}

interface ReadEnrollment {
  enrollment: EnrollmentJson;
  keys: { primaryKey?: string | null; secondaryKey?: string | null } | undefined;
}

/** The enrollment with its keys; undefined when there is none. */
async function readEnrollment(
  page: PageContext,
  service: ProvisioningService,
  type: EnrollmentType,
  id: string,
): Promise<ReadEnrollment | undefined> {
  const found = (type === 'group' ? service.groups : service.individuals).get(id);
  if (found === undefined) return undefined;
  const enrollment = enrollmentIn(await callService(page, service, type, id, { operation: 'get' }));
  const { symmetricKey } = kindOf(found.attestation).toMechanism(found.attestation);
  return { enrollment, keys: symmetricKey ?? undefined };
}

async function create(
  page: PageContext,
  service: ProvisioningService,
  type: EnrollmentType,
  sent: Submission,
): Promise<Outcome> {
  const id = sent.text('id').trim();
  if (id === '') return { refusal: { status: 400, field: 'id', message: page.text.required } };
  const read = await bodyOf(page, type, id, sent, undefined);
  if ('refusal' in read) return read;
  const reply = await callService(page, service, type, id, { operation: 'put', body: read.body });
  if (reply.status === 409) {
    return { refusal: { status: 409, field: 'id', message: page.text.enrollmentsPage.exists(id) } };
  }
  if (reply.refusal !== undefined) return { refusal: refusalOf(page, reply, enrollmentFields) };
  return { to: pathOf(type, service.identity.dpsName, id), done: 'created' };
}

async function change(
  page: PageContext,
  service: ProvisioningService,
  type: EnrollmentType,
  id: string,
  sent: Submission,
): Promise<Outcome> {
  const before = await readEnrollment(page, service, type, id);
  if (before === undefined) return { refusal: { status: 404, message: page.text.gone } };
  const read = await bodyOf(page, type, id, sent, before.enrollment);
  if ('refusal' in read) return read;
  const reply = await callService(page, service, type, id, {
    operation: 'put',
    ifMatch: sent.text('etag'),
    body: read.body,
  });
  if (reply.refusal !== undefined) return { refusal: refusalOf(page, reply, enrollmentFields) };
  return { to: pathOf(type, service.identity.dpsName, id), done: 'saved' };
}

async function remove(
  page: PageContext,
  service: ProvisioningService,
  type: EnrollmentType,
  id: string,
  sent: Submission,
): Promise<Outcome> {
  const reply = await callService(page, service, type, id, {
    operation: 'delete',
    ifMatch: sent.text('etag'),
  });
  if (reply.refusal !== undefined) return { refusal: refusalOf(page, reply) };
  return { to: paths.enrollments(service.identity.dpsName), done: 'deleted' };
}

function listPage(page: PageContext, service: ProvisioningService, c: Context): string {
  const { text } = page;
  const { enrollmentsPage } = text;
  const { dpsName } = service.identity;
  const prefix = c.req.query('prefix') ?? '';
  const [afterGroup, afterIndividual] = [
    positionOf(c.req.query('groups')),
    positionOf(c.req.query('individuals')),
  ];
  const base = paths.enrollments(dpsName);
  const groups = service.groups.page(afterGroup, pageSize + 1, prefix);
  const individuals = service.individuals.page(afterIndividual, pageSize + 1, prefix);
  return renderPage(
    page,
    text.enrollments,
    <>
      <SearchForm page={page} action={base} prefix={prefix} />
      <section>
        <h2 id="groups">{enrollmentsPage.groups}</h2>
        <p>
          <a class="button" href={paths.newGroup(dpsName)}>
            {enrollmentsPage.addGroup}
          </a>
        </p>
        <Live id="live-groups">
          {groups.length === 0 ? (
            <p>{prefix === '' ? enrollmentsPage.noGroups : text.noMatch(prefix)}</p>
          ) : (
            <Table
              label={enrollmentsPage.groups}
              head={[
                enrollmentsPage.groupId,
                text.status,
                enrollmentsPage.attestation,
                text.updated,
                enrollmentsPage.viewRegistrations,
              ]}
            >
              {groups.slice(0, pageSize).map(({ stored }) => (
                <tr>
                  <td class="id">
                    <a href={paths.group(dpsName, stored.enrollmentGroupId)}>{stored.enrollmentGroupId}</a>
                  </td>
                  <CommonCells page={page} stored={stored} />
                  <td>
                    <a href={paths.groupRegistrations(dpsName, stored.enrollmentGroupId)}>
                      {enrollmentsPage.viewRegistrations}
                      <span class="visually-hidden"> {stored.enrollmentGroupId}</span>
                    </a>
                  </td>
                </tr>
              ))}
            </Table>
          )}
          <Pager
            page={page}
            label={enrollmentsPage.groups}
            base={base}
            position="groups"
            query={{ prefix, individuals: c.req.query('individuals') ?? '' }}
            after={c.req.query('groups') ?? ''}
            next={groups.length > pageSize ? String(groups[pageSize - 1]!.position) : undefined}
          />
        </Live>
      </section>
      <section>
        <h2 id="individuals">{enrollmentsPage.individuals}</h2>
        <p>
          <a class="button" href={paths.newIndividual(dpsName)}>
            {enrollmentsPage.addIndividual}
          </a>
        </p>
        <Live id="live-individuals">
          {individuals.length === 0 ? (
            <p>{prefix === '' ? enrollmentsPage.noIndividuals : text.noMatch(prefix)}</p>
          ) : (
            <Table
              label={enrollmentsPage.individuals}
              head={[enrollmentsPage.registrationId, text.status, enrollmentsPage.attestation, text.updated]}
            >
              {individuals.slice(0, pageSize).map(({ stored }) => (
                <tr>
                  <td class="id">
                    <a href={paths.individual(dpsName, stored.registrationId)}>{stored.registrationId}</a>
                  </td>
                  <CommonCells page={page} stored={stored} />
                </tr>
              ))}
            </Table>
          )}
          <Pager
            page={page}
            label={enrollmentsPage.individuals}
            base={base}
            position="individuals"
            query={{ prefix, groups: c.req.query('groups') ?? '' }}
            after={c.req.query('individuals') ?? ''}
            next={individuals.length > pageSize ? String(individuals[pageSize - 1]!.position) : undefined}
          />
        </Live>
      </section>
    </>,
  );
}

/** A position in a list, as a link has it; 0 for what is none. */
export function positionOf(given: string | undefined): number {
  return given !== undefined && /^\d{1,15}$/.test(given) ? Number(given) : 0;
}

function CommonCells({
  page: { text },
  stored,
}: {
  page: PageContext;
  stored: StoredGroup | StoredIndividual;
}) {
  const isDisabled = stored.provisioningStatus === 'disabled';
  const choice = choiceOf({ attestation: kindOf(stored.attestation).toMechanism(stored.attestation) });
  return (
    <>
      <td>
        <Badge kind={isDisabled ? 'bad' : 'good'}>{isDisabled ? text.disabled : text.enabled}</Badge>
      </td>
      <td>{text.enrollmentsPage.kinds[choice ?? 'tpm']}</td>
      <td>
        <Time at={stored.updated} />
      </td>
    </>
  );
}

function newPage(
  page: PageContext,
  service: ProvisioningService,
  type: EnrollmentType,
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
async function editPage(
  page: PageContext,
  service: ProvisioningService,
  type: EnrollmentType,
  id: string,
): Promise<string> {
  const read = await readEnrollment(page, service, type, id);
  if (read === undefined) throw new PageProblem('notFound');
  return formPage(page, service, type, id, read);
}

function formPage(
  page: PageContext,
  service: ProvisioningService,
  type: EnrollmentType,
  id: string,
  { enrollment, keys }: ReadEnrollment,
  sent?: FormState,
): string {
  const { text } = page;
  const { enrollmentsPage } = text;
  const { dpsName } = service.identity;
  const own = pathOf(type, dpsName, id);
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

/** All kinds have their fields; a script hides those that do not belong to the kind that is chosen. */
function AttestationFields({
  page: { text },
  service,
  type,
  enrollment,
  state,
}: {
  page: PageContext;
  service: ProvisioningService;
  type: EnrollmentType;
  enrollment: EnrollmentJson | undefined;
  state: FormState;
}) {
  const { enrollmentsPage } = text;
  const current = enrollment && choiceOf(enrollment);
  const offered = [...attestations[type]];
  const references = enrollment?.attestation.x509?.caReferences;
  const names = service.certificates.list().map(({ name }) => [name, name]);
  const choices = {
    '': names.length === 0 ? enrollmentsPage.notUploaded : '–',
    ...Object.fromEntries(names),
  };
  const fileKinds = type === 'group' ? 'signingCertificates' : 'clientCertificates';
  const hint = current === fileKinds ? enrollmentsPage.keepFile : undefined;
  return (
    <fieldset>
      <legend>{enrollmentsPage.attestation}</legend>
      <SelectField
        state={state}
        name="attestation"
        label={enrollmentsPage.attestation}
        choices={{
          ...(enrollment !== undefined && current === undefined ? { '': enrollmentsPage.kinds.tpm } : {}),
          ...Object.fromEntries(offered.map((name) => [name, enrollmentsPage.kinds[name]])),
        }}
        value={current ?? (enrollment === undefined ? offered[0] : '')}
      />
      <div data-when="attestation" data-is="caReferences">
        <SelectField
          state={state}
          name="primary"
          label={enrollmentsPage.primary}
          choices={choices}
          value={references?.primary ?? ''}
        />
        <SelectField
          state={state}
          name="secondary"
          label={enrollmentsPage.secondary}
          choices={choices}
          value={references?.secondary ?? ''}
        />
      </div>
      <div data-when="attestation" data-is={fileKinds}>
        <FileField state={state} name="primaryFile" label={enrollmentsPage.primaryFile} hint={hint} />
        <FileField state={state} name="secondaryFile" label={enrollmentsPage.secondaryFile} hint={hint} />
      </div>
      <div data-when="attestation" data-is="symmetricKey">
        <TextField
          state={state}
          name="primaryKey"
          label={enrollmentsPage.primaryKey}
          hint={enrollmentsPage.keysHint}
        />
        <TextField state={state} name="secondaryKey" label={enrollmentsPage.secondaryKey} />
      </div>
    </fieldset>
  );
}
