/** What the forms of the page do to linked hubs: changes of the provisioning service in Azure Resource Manager. */
import { routes } from '../../../dps/contract/routes.js';
import type { AccountService, LinkedHub } from '../../../dps/contract/schemas.js';
import type { ProvisioningService } from '../../dps/provisioning-service.js';
import type { Outcome } from '../actions.js';
import { type PageContext, paths } from '../page-context.js';
import { type Refusal, refusalOf, type Submission } from '../submission.js';
import { consoleVersions } from '../wire.js';

/** A new link has no name: its connection string has the hub's. */
type Link = Partial<LinkedHub>;

type Change = { iotHubs: Link[] } | { allocationPolicy: string } | { refusal: Refusal };

/** Changes the service as it was when the form was shown. */
async function changeService(
  page: PageContext,
  { identity, names }: ProvisioningService,
  sent: Submission,
  change: (links: Link[]) => Change,
  done: 'linked' | 'unlinked' | 'saved',
  fields: readonly (readonly [RegExp, string])[] = [],
): Promise<Outcome> {
  const { subscriptionId, resourceGroup, dpsName } = identity;
  const { reader, wire } = page.console;
  const resource = {
    host: names.https,
    parameters: { subscriptionId, resourceGroup, dpsName },
    apiVersion: consoleVersions.arm,
  };
  const current = await reader.call({ ...resource, route: routes.arm.getService });
  if (current.refusal !== undefined) return { refusal: refusalOf(page, current) };
  const { location, tags, sku, properties } = current.body as AccountService;
  const { allocationPolicy, iotHubs } = properties;
  const changed = change(iotHubs ?? []);
  if ('refusal' in changed) return changed;
  const reply = await wire.call({
    ...resource,
    route: routes.arm.putService,
    ifMatch: sent.text('etag'),
    body: { location, tags, sku, properties: { allocationPolicy, iotHubs, ...changed } },
  });
  if (reply.refusal !== undefined) return { refusal: refusalOf(page, reply, fields) };
  return { to: paths.linkedHubs(dpsName), done };
}

/** Links a hub of the emulator by one of its shared access policies. */
export function linkHub(page: PageContext, service: ProvisioningService, sent: Submission): Promise<Outcome> {
  const { text } = page;
  const hub = page.console.hubs.get(sent.text('hub'));
  const policy = hub?.policies.find(({ keyName }) => keyName === sent.text('policy'));
  const fields = [
    [/allocationWeight/, 'weight'],
    [/connectionString|duplicate|hub/i, 'hub'],
  ] as const;
  return changeService(
    page,
    service,
    sent,
    (links) => {
      const field = hub === undefined ? 'hub' : 'policy';
      if (!hub || !policy) return { refusal: { status: 400, field, message: text.required } };
      const { keyName, primaryKey } = policy;
      const connectionString = `HostName=${hub.names.mqtt};SharedAccessKeyName=${keyName};SharedAccessKey=${primaryKey}`;
      const { location } = hub.settings;
      return { iotHubs: [...links, { connectionString, location, ...settingsIn(sent) }] };
    },
    'linked',
    fields,
  );
}

/** Changes the weight of a link, and whether devices are assigned to its hub. */
export function changeLink(
  page: PageContext,
  service: ProvisioningService,
  hubId: string,
  sent: Submission,
): Promise<Outcome> {
  return changeService(
    page,
    service,
    sent,
    (links) => {
      const { found, others } = findLink(service, links, hubId);
      if (found === undefined) return { refusal: { status: 404, message: page.text.gone } };
      const at = links.indexOf(found);
      return { iotHubs: others.toSpliced(at, 0, { ...found, ...settingsIn(sent) }) };
    },
    'saved',
    [[/allocationWeight/, 'weight']],
  );
}

/** Devices that are assigned to the hub stay there. */
export function unlinkHub(
  page: PageContext,
  service: ProvisioningService,
  hubId: string,
  sent: Submission,
): Promise<Outcome> {
  return changeService(
    page,
    service,
    sent,
    (links) => ({ iotHubs: findLink(service, links, hubId).others }),
    'unlinked',
  );
}

export function changeAllocationPolicy(
  page: PageContext,
  service: ProvisioningService,
  sent: Submission,
): Promise<Outcome> {
  const allocationPolicy = sent.text('allocationPolicy');
  return changeService(page, service, sent, () => ({ allocationPolicy }), 'saved', [
    [/allocationPolicy/, 'allocationPolicy'],
  ]);
}

function findLink(service: ProvisioningService, links: Link[], hubId: string) {
  const hostName = service.hubs.get(hubId)?.hostName;
  const found = links.find(({ name }) => name === hostName);
  return { found, others: links.filter((link) => link !== found) };
}

/** An empty weight is Azure's default, 1. */
function settingsIn(sent: Submission) {
  const weight = sent.text('weight').trim();
  return {
    applyAllocationPolicy: sent.text('applyAllocationPolicy') !== '',
    allocationWeight: weight === '' ? undefined : Number(weight),
  };
}
