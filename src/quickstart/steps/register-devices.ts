/** Each device registers itself, with its own certificate, as it will in the field. */

import { type RegisterDeviceOptions, registerDevice } from '../../dps/client/device.js';
import { serviceFactsReader } from '../../dps/client/diagnosis/service-facts.js';
import { dpsAmqp } from '../../dps/contract/amqp.js';
import { withoutPort } from '../../dps/contract/host.js';
import { dpsTopics } from '../../dps/contract/mqtt.js';
import { type Route, routes } from '../../dps/contract/routes.js';
import { EnrollkitError, isAbort } from '../../errors.js';
import { emulatorConcurrency, Pace, registrationPace } from '../../fleet/registration/pace.js';
import { sentences } from '../../languages/language.js';
import type { CreatedResource } from '../../workspace/journal.js';
import type { Layout } from '../../workspace/layout.js';
import { operationalRequest, saveIssued, usableOperational } from '../operational-certificates.js';
import type { Plan } from '../plan/fields.js';
import { registers } from '../planned-certificates.js';
import { areInHubs, readRecords, readsPages } from '../registration-records.js';
import { previewRequest } from '../request-preview.js';
import type { Preview } from '../result.js';
import { deviceKey, forEachOf, type RunContext, requireFound, type Step } from '../step.js';
import { keyPassphrase } from './certificate-chain.js';

type Requests = Preview['steps'][number]['requests'];

export const registerDevices: Step = {
  id: 'register-devices',
  title: (plan) =>
    sentences.quickstartSteps.register(
      plan.devices.registrationIds.length,
      plan.devices.protocol.toUpperCase(),
    ),
  applies: registers,
  preview: (plan, layout) => ({
    makes: plan.devices.registrationIds.flatMap((id) => [
      ...(plan.devices.requestCertificates ? operationalFiles(layout, id) : []),
      sentences.quickstartSteps.registrationRecord(id),
      sentences.quickstartSteps.deviceInHub(id),
    ]),
    requests: readsPages(plan)
      ? [
          recordsOfGroup(plan),
          ...plan.devices.registrationIds.flatMap((id) => registration(plan, id)),
          recordsOfGroup(plan),
          inHub(plan, routes.hub.queryDevices),
        ]
      : plan.devices.registrationIds.flatMap((id) => {
          const record = previewRequest(plan, 'service', routes.service.getRegistration, {
            registrationId: id,
          });
          return [
            record,
            ...registration(plan, id),
            record,
            inHub(plan, routes.hub.getDevice, { deviceId: id }),
          ];
        }),
  }),
  async check(context) {
    const { plan, found } = context;
    const ids = plan.devices.registrationIds;
    found.registrations = new Map();
    const { registrations, registeredNow } = found;
    const records = await readRecords(context);
    for (const [id, { status }] of records) {
      if (status !== 'assigned' || !hasOperational(context, id)) records.delete(id);
    }
    const inHub = await areInHubs(records, context);
    let notSeen = 0;
    for (const [id, record] of records) {
      const isThere = inHub.get(id);
      if (isThere === false) continue;
      registrations.set(id, record);
      if (isThere === undefined && !registeredNow.has(id)) notSeen += 1;
    }
    if (registrations.size < ids.length) return undefined;
    const names = new Set([...registrations.values()].map(({ assignedHub }) => assignedHub ?? ''));
    return (say) => {
      const assigned = say.assignedTo([...names]);
      return notSeen === 0 ? assigned : say.byRecords(assigned);
    };
  },
  async act(context) {
    const { plan, found, signal } = context;
    const missing = plan.devices.registrationIds.filter(
      (id) => !requireFound(found, 'registrations').has(id),
    );
    forgetTelemetry(context, missing);
    const failures = new Map<string, EnrollkitError>();
    let done = 0;
    const readServiceFacts = serviceFactsReader(context.target, signal, context);
    const usual =
      context.target.kind === 'emulator' ? { concurrency: emulatorConcurrency } : registrationPace;
    const pace = new Pace({ ...usual, signal });
    await forEachOf(missing, usual.concurrency, async (id) => {
      await pace.turn();
      try {
        await register(context, id, { readServiceFacts, onThrottled: (ms) => pace.pause(ms) });
      } catch (error) {
        if (isAbort(error) || !(error instanceof EnrollkitError)) throw error;
        failures.set(id, error);
        return;
      }
      done += 1;
      context.progress(sentences.quickstartSteps.doneOf(done, missing.length));
    });
    const [first] = failures.values();
    if (!first) return;
    if (failures.size === missing.length) throw first;
    throw new EnrollkitError(
      'PARTIAL',
      sentences.quickstartSteps.someNotRegistered(
        failures.size,
        missing.length,
        [...failures.keys()].slice(0, 5),
        first.message,
      ),
      { cause: first, context: { failed: [...failures.keys()] } },
    );
  },
};

/** What a device sends. */
function registration(plan: Plan, registrationId: string): Requests {
  const device = (route: 'register' | 'getOperation') =>
    previewRequest(plan, 'device', routes.device[route], { registrationId });
  const host = (port: number) =>
    plan.target.kind === 'azure' ? `global.azure-devices-provisioning.net:${port}` : 'localhost:{port}';
  const publish = (topic: string) => ({ method: 'PUBLISH', url: `mqtts://${host(8883)} ${topic}` });
  const idScope = (plan.target.kind === 'azure' && plan.target.idScope) || '{idScope}';
  const sendOver = (operation: string) => ({
    method: 'SEND',
    url: `amqps://${host(5671)} ${idScope}/registrations/${registrationId} ${operation}`,
  });
  const [register, poll] = {
    https: [device('register'), device('getOperation')] as const,
    mqtt: [
      publish(dpsTopics.register('{request}')),
      publish(decodeURIComponent(dpsTopics.getOperation('{request}', '{operationId}'))),
    ] as const,
    amqp: [
      sendOver(dpsAmqp.register),
      sendOver(`${dpsAmqp.getOperation} ${dpsAmqp.operationId}={operationId}`),
    ] as const,
  }[plan.devices.protocol];
  return [register, { ...poll, repeated: sentences.quickstartSteps.untilAssigned }];
}

function recordsOfGroup(plan: Plan): Requests[number] {
  const { id: enrollmentGroupId } = plan.enrollmentGroup;
  return {
    ...previewRequest(plan, 'service', routes.service.queryRegistrations, { enrollmentGroupId }),
    repeated: sentences.quickstartSteps.forEachPage,
  };
}

function inHub(plan: Plan, route: Route, parameters: Record<string, string> = {}): Requests[number] {
  const request = previewRequest(plan, 'hub', route, parameters);
  const { whereHubConnectionString: when } = sentences.quickstartSteps;
  if (plan.target.kind === 'azure') return { ...request, when };
  return route === routes.hub.queryDevices
    ? { ...request, repeated: sentences.quickstartSteps.forEachPage }
    : request;
}

function operationalFiles(layout: Layout, id: string): string[] {
  const { key, chain, certificate } = layout.device(id).operational;
  return [key, chain, certificate];
}

/** Whether a device has what the plan wants Azure to issue. */
function hasOperational({ plan, layout, now }: RunContext, id: string): boolean {
  if (!plan.devices.requestCertificates) return true;
  return usableOperational(layout.device(id).operational, now()) !== undefined;
}

/** What a device sent before it registers again went to another device, or to a hub that was emptied since. */
function forgetTelemetry({ journal, journalTarget }: RunContext, ids: readonly string[]): void {
  const target = JSON.stringify(journalTarget);
  const registering = new Set(ids);
  for (const thing of journal.things()) {
    if (thing.kind !== 'telemetry' || JSON.stringify(thing.target) !== target) continue;
    if (registering.has(thing.id)) journal.removed(thing);
  }
}

async function register(
  context: RunContext,
  registrationId: string,
  options: Pick<RegisterDeviceOptions, 'readServiceFacts' | 'onThrottled'>,
): Promise<void> {
  const { target, found, plan, signal, journal, journalTarget } = context;
  const device = requireFound(found, 'devices').get(registrationId)!;
  const record: CreatedResource = { kind: 'registration', target: journalTarget, id: registrationId };
  const paths = context.layout.device(registrationId).operational;
  const { keyAlgorithm } = plan.certificates;
  const request = plan.devices.requestCertificates
    ? await operationalRequest(registrationId, paths, {
        keyAlgorithm,
        passphrase: context.passphrase,
        signal,
      })
    : undefined;
  journal.intend(record);
  const state = await registerDevice({
    target,
    idScope: requireFound(found, 'idScope'),
    registrationId,
    certificateChain: device.chainPem,
    privateKey: await deviceKey(context, device),
    protocol: plan.devices.protocol,
    ...(request ? { certificateRequest: request.csr } : {}),
    ...options,
    signal,
  });
  found.registeredNow.add(registrationId);
  journal.made(record, {
    kind: 'hub-device',
    target: journalTarget,
    hub: hubName(target.kind, state.assignedHub ?? ''),
    id: state.deviceId ?? registrationId,
  });
  if (!request) return;
  const { files } = context;
  await saveIssued(registrationId, state, request, { files, paths, passphrase: keyPassphrase(context) });
}

/** A hub's name as the journal keeps it: the emulator's changes its port from run to run. */
export function hubName(kind: 'emulator' | 'azure', assignedHub: string): string {
  return kind === 'emulator' ? withoutPort(assignedHub) : assignedHub;
}
