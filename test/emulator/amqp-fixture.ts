/** The hub over AMQP, with the hub in hand: what it stores is seen, and what the service asks can be asked. */
import assert from 'node:assert/strict';
import { loadAmqpNodes } from '../../src/emulator/device-protocols.js';
import { maxMessageBytes } from '../../src/emulator/hub/messages.js';
import { type AmqpServer, createAmqpServer } from '../../src/emulator/wire/amqp/amqp-server.js';
import { EventLog } from '../../src/emulator/wire/events.js';
import { ServedApiVersions } from '../../src/emulator/wire/served-api-versions.js';
import type { AmqpClientOptions } from './amqp-client.js';
import { type Credential, type Fixture, startFixture } from './mqtt-fixture.js';

export interface AmqpFixture extends Fixture {
  /** What a client needs for a connection that presents this. */
  client(credential?: Credential): AmqpClientOptions;
}

/** Of the hub's back end. */
export const hubPolicy = {
  keyName: 'service',
  primaryKey: Buffer.from('the first key of a back end').toString('base64'),
  secondaryKey: Buffer.from('the second key of a back end').toString('base64'),
  rights: 'ServiceConnect',
};

/** AMQP on the port of MQTT, as on an emulator's. */
export async function startAmqpFixture(
  times: { connectTimeout?: number; idleTimeout?: number; now?: () => Date; idleReaderTimeout?: number } = {},
): Promise<AmqpFixture> {
  const { connectTimeout, idleTimeout, now = () => new Date(), idleReaderTimeout } = times;
  const servers: AmqpServer[] = [];
  const fixture = await startFixture(
    {
      others: {
        amqp: (socket) => servers[0]!.accept(socket, socket),
        https: (socket) => socket.destroy(),
      },
      ...(connectTimeout === undefined ? {} : { connectTimeout }),
    },
    now,
  );
  const { hub, hubNames, events } = fixture;
  const log = new EventLog((event) => events.push(event), now);
  const none = () => assert.fail('nothing registers here');
  servers.push(
    createAmqpServer({
      load: () =>
        loadAmqpNodes({
          registrations: { register: none, getOperation: none, getState: none, knowsIdScope: () => true },
          hubByHost: () => ({
            hubId: 'hub-1',
            hub,
            created: new Date(),
            names: hubNames,
            policies: [
              hubPolicy,
              { ...hubPolicy, keyName: 'registryRead', rights: 'RegistryRead' },
              { ...hubPolicy, keyName: 'device', rights: 'DeviceConnect' },
            ],
          }),
          retryAfter: 0,
          versions: new ServedApiVersions({ strict: false, log }),
          now,
          log,
          idleReaderTimeout,
        }),
      maxMessageBytes,
      log,
      ...(connectTimeout === undefined ? {} : { openTimeout: connectTimeout }),
      ...(idleTimeout === undefined ? {} : { idleTimeout }),
    }),
  );
  return {
    ...fixture,
    client: (credential) => ({
      port: fixture.listener.port,
      ca: fixture.serverRoot.pem,
      ...(credential ? { cert: credential.pem, key: credential.keyPem } : {}),
    }),
    async close() {
      servers[0]!.close();
      await fixture.close();
    },
  };
}
