/**
 * A device that registers over MQTT.
 *
 * Source: Microsoft Learn, "Communicate with your DPS using the MQTT protocol". As with the real service, a device whose
 * chain is unknown can connect, and is refused when it registers (Azure/azure-iot-sdk-c#1900).
 */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLegalId, sameId } from '../../../dps/contract/ids.js';
import { dpsTopics, parseDpsUserName, parseTopic } from '../../../dps/contract/mqtt.js';
import { parseSasToken } from '../../../dps/contract/sas.js';
import type { RegistrationOperation } from '../../../dps/contract/schemas.js';
import type { EventLog } from '../../wire/events.js';
import {
  type Candidate,
  ConnectRefused,
  type ConnectRequest,
  type Reply,
  type Session,
  SessionViolation,
} from '../../wire/mqtt/mqtt-session.js';
import type { ServedApiVersions } from '../../wire/served-api-versions.js';
import { toDpsError } from '../dps-error.js';
import { parseRegistrationBody } from '../dps-request.js';
import type { RegistrationRequest } from '../registration/registration-request.js';
import { outcomeReason } from '../registration/registration-state.js';
import type { Registrations } from '../registration/registrations.js';

export interface DpsSessionOptions {
  registrations: Pick<Registrations, 'register' | 'getOperation' | 'knowsIdScope'>;
  /** Seconds that a device is told to wait while it is being assigned. */
  retryAfter: number;
  versions: ServedApiVersions;
  now: () => Date;
  log: EventLog;
}

/**
 * In milliseconds, for the SDK for Java: it loses a reply that arrives before it waits for it, which no reply of Azure does, and
 * then waits a minute.
 *
 * Source: Azure/azure-iot-sdk-java, ContractAPIMqtt.executeProvisioningMessage; as its version, it sends that of the API.
 */
const javaNeeds = 50;

const registerPath = parseTopic(dpsTopics.register('')).path;
const operationPath = parseTopic(dpsTopics.getOperation('', '')).path;

/** @throws ConnectRefused */
export function dpsCandidate(connect: ConnectRequest, options: DpsSessionOptions): Candidate {
  const name = parseDpsUserName(connect.userName);
  if (name === undefined || !isLegalId(name.registrationId)) {
    throw new ConnectRefused(
      'badUserName',
      'the user name is not {idScope}/registrations/{id}/api-version={version}',
    );
  }
  const { idScope, registrationId, apiVersion, clientVersion } = name;
  if (!options.versions.serves('device', 'mqtt', apiVersion)) {
    throw new ConnectRefused('badUserName', `the api-version ${JSON.stringify(apiVersion)} is not known`);
  }
  if (!options.registrations.knowsIdScope(idScope)) {
    // As Azure answers (Azure/azure-iot-sdk-python#670).
    throw new ConnectRefused(
      'serverUnavailable',
      `the ID scope ${JSON.stringify(idScope.slice(0, 40))} is not that of a provisioning service here`,
    );
  }
  if (!sameId(connect.clientId, registrationId)) {
    throw new ConnectRefused('badUserName', 'the client ID is not the registration ID of the user name');
  }
  const { password: authorization } = connect;
  const { chain } = connect.certificates;
  const credential = authorization ?? chain[0];
  if (credential === undefined) {
    throw new ConnectRefused('notAuthorized', 'neither a client certificate nor a token was presented');
  }
  if (authorization !== undefined && !parseSasToken(authorization)) {
    throw new ConnectRefused('notAuthorized', 'the password is no shared access signature');
  }
  // The credential is part of the key: nobody ends a device's session by connecting under its name.
  const fingerprint = createHash('sha256').update(credential).digest('hex');
  return {
    key: `dps/${idScope}/${registrationId.toLowerCase()}/${fingerprint}`,
    plane: 'device',
    id: registrationId,
    open: () =>
      dpsSession({ apiVersion, idScope, registrationId, chain, authorization }, options, {
        replyAfter: clientVersion === apiVersion ? javaNeeds : 0,
      }),
  };
}

function dpsSession(
  device: RegistrationRequest,
  { registrations, retryAfter, now, log }: DpsSessionOptions,
  { replyAfter }: { replyAfter: number },
): Session {
  const report = log.for('device', 'mqtt');

  async function answer(
    operation: string,
    requestId: string,
    call: () => Promise<RegistrationOperation>,
  ): Promise<Reply> {
    const at = now();
    const event = { operation, id: device.registrationId, at };
    if (replyAfter > 0) await sleep(replyAfter);
    try {
      const result = await call();
      const isAssigning = result.status === 'assigning';
      const status = isAssigning ? 202 : 200;
      report({ ...event, status, reason: outcomeReason(result) });
      return {
        topic: dpsTopics.response(status, requestId, isAssigning ? retryAfter : undefined),
        payload: JSON.stringify(result),
      };
    } catch (cause) {
      const error = toDpsError(cause);
      report({ ...event, status: error.status, reason: error.reason });
      return {
        topic: dpsTopics.response(error.status, requestId, error.retryAfter),
        payload: JSON.stringify(error.toBody(randomUUID(), at)),
      };
    }
  }

  function poll(topic: string, toResult: (result: RegistrationOperation) => RegistrationOperation) {
    const operationId = parseTopic(topic).query.get('operationId') ?? '';
    return answer('getOperation', requestIdOf(topic), async () =>
      toResult(await registrations.getOperation({ ...device, operationId })),
    );
  }

  return {
    accepts: (filter) => filter === dpsTopics.responses,
    operationOf,
    refuse(topic, error) {
      return answer(operationOf(topic)!, requestIdOf(topic), async () => {
        throw error;
      });
    },
    publishAssigning: (topic) =>
      poll(topic, ({ operationId }) => ({ operationId, status: 'assigning' }) as RegistrationOperation),
    publish(topic, payload) {
      const { path } = parseTopic(topic);
      const requestId = requestIdOf(topic);
      if (path === registerPath) {
        return answer('register', requestId, async () =>
          registrations.register({ ...device, body: parseRegistrationBody(payload) }),
        );
      }
      if (path === operationPath) return poll(topic, (result) => result);
      throw new SessionViolation(`a device may not publish to ${JSON.stringify(path)}`);
    },
  };
}

function operationOf(topic: string): string | undefined {
  const { path } = parseTopic(topic);
  if (path === registerPath) return 'register';
  return path === operationPath ? 'getOperation' : undefined;
}

/** The request ID as the client wrote it: clients compare the one of the reply with what they sent. */
function requestIdOf(topic: string): string {
  return /[?&]\$rid=([^&]*)/.exec(topic)?.[1] ?? '';
}
