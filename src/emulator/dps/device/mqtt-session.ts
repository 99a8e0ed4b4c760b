/**
 * A device that registers over MQTT.
 *
 * Source: Microsoft Learn, "Communicate with your DPS using the MQTT protocol". As the real service does, a device
 * whose chain is unknown is let in, and is refused when it registers (Azure/azure-iot-sdk-c#1900).
 */
import { createHash, randomUUID } from 'node:crypto';
import { isKnownApiVersion } from '../../../dps/contract/api-versions.js';
import { isLegalId, sameId } from '../../../dps/contract/ids.js';
import { dpsTopics, parseTopic } from '../../../dps/contract/mqtt.js';
import { parseSasToken } from '../../../dps/contract/sas.js';
import type { RegistrationOperation } from '../../../dps/contract/schemas.js';
import type { EmulatorLog } from '../../wire/events.js';
import { parseRegistrationRequest } from '../../wire/json-text.js';
import {
  type Candidate,
  ConnectRefused,
  type ConnectRequest,
  type Session,
  SessionViolation,
} from '../../wire/mqtt/session.js';
import { DpsError } from '../dps-error.js';
import type { RegistrationRequest } from '../registration/registration-request.js';
import type { Registrations } from '../registration/registrations.js';
import { parseDpsUserName } from './user-name.js';

export interface DpsSessionOptions {
  registrations: Pick<Registrations, 'register' | 'getOperation'>;
  /** Seconds that a device is told to wait while it is being assigned. */
  retryAfter: number;
  now: () => Date;
  log: EmulatorLog;
}

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
  const { idScope, registrationId, apiVersion } = name;
  if (!isKnownApiVersion('device', name.apiVersion)) {
    throw new ConnectRefused(
      'badUserName',
      `the api-version ${JSON.stringify(name.apiVersion)} is not known`,
    );
  }
  if (!sameId(connect.clientId, registrationId)) {
    throw new ConnectRefused('badUserName', 'the client ID is not the registration ID of the user name');
  }
  const { password: authorization, chain } = connect;
  const credential = authorization ?? chain[0];
  if (credential === undefined)
    throw new ConnectRefused('notAuthorized', 'neither a client certificate nor a token was presented');
  if (authorization !== undefined && !parseSasToken(authorization)) {
    throw new ConnectRefused('notAuthorized', 'the password is no shared access signature');
  }
  // The credential is part of the key: nobody ends the session of a device by connecting under its name.
  const fingerprint = createHash('sha256').update(credential).digest('hex');
  return {
    key: `dps/${idScope}/${registrationId.toLowerCase()}/${fingerprint}`,
    plane: 'device',
    id: registrationId,
    open: () => dpsSession({ apiVersion, idScope, registrationId, chain, authorization }, options),
  };
}

function dpsSession(
  device: RegistrationRequest,
  { registrations, retryAfter, now, log }: DpsSessionOptions,
): Session {
  async function answer(operation: string, requestId: string, call: () => Promise<RegistrationOperation>) {
    const event = { plane: 'device', transport: 'mqtt', operation, id: device.registrationId } as const;
    const at = now();
    try {
      const result = await call();
      const assigning = result.status === 'assigning';
      const status = assigning ? 202 : 200;
      log({ ...event, at: at.toISOString(), status });
      return {
        topic: dpsTopics.response(status, requestId, assigning ? retryAfter : undefined),
        payload: JSON.stringify(result),
      };
    } catch (cause) {
      const error =
        cause instanceof DpsError ? cause : new DpsError('internal', { reason: (cause as Error).message });
      log({ ...event, at: at.toISOString(), status: error.status, reason: error.reason });
      return {
        topic: dpsTopics.response(error.status, requestId, error.retryAfter),
        payload: JSON.stringify(error.toBody(randomUUID(), at)),
      };
    }
  }

  return {
    accepts: (filter) => filter === dpsTopics.responses,
    publish(topic, payload) {
      const { path, query } = parseTopic(topic);
      const requestId = requestIdOf(topic);
      if (path === registerPath) {
        return answer('register', requestId, async () =>
          registrations.register({ ...device, body: parseRegistrationRequest(payload) }),
        );
      }
      if (path === operationPath) {
        const operationId = query.get('operationId') ?? '';
        return answer('getOperation', requestId, async () =>
          registrations.getOperation({ ...device, operationId }),
        );
      }
      throw new SessionViolation(`a device may not publish to ${JSON.stringify(path)}`);
    },
  };
}

/** As the client wrote it: it compares what comes back with what it sent. */
function requestIdOf(topic: string): string {
  return /[?&]\$rid=([^&]*)/.exec(topic)?.[1] ?? '';
}
