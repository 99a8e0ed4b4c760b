/** The page Linked hubs, and the page of one link. */
import type { ProvisioningService } from '../../dps/provisioning-service.js';
import type { Hub } from '../../dps/state/linked-hubs.js';
import { CheckField, SelectField, TextField } from '../fields.js';
import { DeleteForm, Form } from '../form.js';
import { Badge, Live, renderPage, Table } from '../layout.js';
import { type PageContext, paths } from '../page-context.js';
import { type FormState, stateOf } from '../submission.js';

/** Those that a service can have; an enrollment can also have a custom one. */
const policies = ['hashed', 'geoLatency', 'static'] as const;

export function linkedHubList(page: PageContext, service: ProvisioningService, sent?: FormState): string {
  const { text } = page;
  const { linkedHubsPage, enrollmentsPage } = text;
  const { dpsName } = service.identity;
  const policyForm = stateOf('policy', sent);
  const own = paths.linkedHubs(dpsName);
  return renderPage(
    page,
    text.linkedHubs,
    <>
      <p>{linkedHubsPage.intro}</p>
      <Live id="live-hubs">
        <LinkTable page={page} service={service} />
      </Live>
      <section aria-labelledby="policy-title">
        <h2 id="policy-title">{enrollmentsPage.allocation}</h2>
        <Form page={page} state={policyForm} action={`${own}/do/policy`} submit={text.save}>
          <Etag service={service} />
          <SelectField
            state={policyForm}
            name="allocationPolicy"
            label={enrollmentsPage.allocation}
            hint={linkedHubsPage.policyHint}
            choices={Object.fromEntries(policies.map((name) => [name, enrollmentsPage.policies[name]]))}
            value={service.settings.allocationPolicy}
          />
        </Form>
      </section>
      <section aria-labelledby="link-title">
        <h2 id="link-title">{linkedHubsPage.link}</h2>
        <LinkForm page={page} service={service} state={stateOf('link', sent)} />
      </section>
    </>,
  );
}

function LinkTable({ page, service }: { page: PageContext; service: ProvisioningService }) {
  const { text } = page;
  const { linkedHubsPage } = text;
  const { dpsName } = service.identity;
  const links = service.hubs.list();
  if (links.length === 0) return <p>{linkedHubsPage.empty}</p>;
  return (
    <Table
      label={text.linkedHubs}
      head={[
        text.devicesPage.hub,
        text.overviewPage.hostName,
        linkedHubsPage.accessPolicy,
        linkedHubsPage.weight,
        linkedHubsPage.assigns,
        text.devices,
      ]}
    >
      {links.map(({ hubId, hostName, policy, allocationWeight = 1, applyAllocationPolicy, iotHub }) => (
        <tr>
          <td class="id">
            <a href={paths.linkedHub(dpsName, hubId)}>{hubId}</a>
          </td>
          <td class="id">{hostName}</td>
          <td>{(policy ?? iotHub.policies[0])?.keyName}</td>
          <td>{allocationWeight}</td>
          <td>
            <Badge kind={applyAllocationPolicy === false ? 'neutral' : 'good'}>
              {applyAllocationPolicy === false ? linkedHubsPage.no : linkedHubsPage.yes}
            </Badge>
          </td>
          <td>
            <a href={paths.devices(hubId)}>
              {text.devices}
              <span class="visually-hidden"> {hubId}</span>
            </a>
          </td>
        </tr>
      ))}
    </Table>
  );
}

function LinkForm({
  page,
  service,
  state,
}: {
  page: PageContext;
  service: ProvisioningService;
  state: FormState;
}) {
  const { linkedHubsPage, devicesPage } = page.text;
  const linked = service.hubs.list().map(({ hubId }) => hubId);
  const others = page.console.hubs.list().filter(({ hubId }) => !linked.includes(hubId));
  // Its refusal is shown even if there is no other hub left.
  if (others.length === 0 && state.refusal === undefined) return <p>{linkedHubsPage.noneLeft}</p>;
  const policyNames = [...new Set(others.flatMap(({ policies }) => policies.map(({ keyName }) => keyName)))];
  return (
    <Form
      page={page}
      state={state}
      action={`${paths.linkedHubs(service.identity.dpsName)}/do/link`}
      submit={linkedHubsPage.linkNow}
    >
      <Etag service={service} />
      <SelectField
        state={state}
        name="hub"
        label={devicesPage.hub}
        choices={Object.fromEntries(others.map(({ hubId }) => [hubId, hubId]))}
      />
      <SelectField
        state={state}
        name="policy"
        label={linkedHubsPage.accessPolicy}
        hint={linkedHubsPage.accessPolicyHint}
        choices={Object.fromEntries(policyNames.map((name) => [name, name]))}
      />
      <Settings page={page} state={state} />
    </Form>
  );
}

export function linkedHubPage(
  page: PageContext,
  service: ProvisioningService,
  hub: Hub,
  sent?: FormState,
): string {
  const { text } = page;
  const { linkedHubsPage } = text;
  const { dpsName } = service.identity;
  const own = paths.linkedHub(dpsName, hub.hubId);
  const form = stateOf('save', sent);
  return renderPage(
    page,
    linkedHubsPage.linkOf(hub.hubId),
    <>
      <p>
        <a href={paths.linkedHubs(dpsName)}>{text.linkedHubs}</a>
      </p>
      <Form page={page} state={form} action={`${own}/do/save`} submit={text.save}>
        <Etag service={service} />
        <Settings page={page} state={form} hub={hub} />
      </Form>
      <DeleteForm
        page={page}
        name={hub.hubId}
        action={`${own}/do/unlink`}
        etag={service.etag}
        state={stateOf('unlink', sent)}
        words={{
          open: linkedHubsPage.unlink,
          question: linkedHubsPage.confirmUnlink(hub.hubId),
          submit: linkedHubsPage.unlinkNow,
        }}
      />
    </>,
  );
}

function Settings({ page, state, hub }: { page: PageContext; state: FormState; hub?: Hub }) {
  const { linkedHubsPage } = page.text;
  return (
    <>
      <TextField
        state={state}
        name="weight"
        label={linkedHubsPage.weight}
        hint={linkedHubsPage.weightHint}
        type="number"
        value={String(hub?.allocationWeight ?? 1)}
      />
      <CheckField
        state={state}
        name="applyAllocationPolicy"
        label={linkedHubsPage.apply}
        isChecked={hub?.applyAllocationPolicy !== false}
      />
    </>
  );
}

/** Links are part of the service: they are stale when it was changed. */
function Etag({ service }: { service: ProvisioningService }) {
  return <input type="hidden" name="etag" value={service.etag} />;
}
