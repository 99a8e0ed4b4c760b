/** One device that registers over each transport, and the status that it is answered with. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import mqtt from 'mqtt';
import { apiVersionProperty, dpsAmqp } from '../../src/dps/contract/amqp.js';
import { dpsTopics, dpsUserName } from '../../src/dps/contract/mqtt.js';
import type { Made } from '../support/chains.js';
import { connectAmqp, RefusedError } from './amqp-client.js';
import { record } from './mqtt-fixture.js';
import type { TestEmulator } from './support.js';

const apiVersion = '2019-03-31';

export interface Device {
  registrationId: string;
  /** Leaf first. */
  chain: Made[];
  maxVersion?: 'TLSv1.2' | 'TLSv1.3';
}

/** Sends the body of a registration over HTTPS, MQTT and AMQP; WebSockets carry the latter two. */
export async function registerOverEach(
  emulator: TestEmulator,
  { registrationId, chain, maxVersion = 'TLSv1.3' }: Device,
  body: Buffer = Buffer.from(JSON.stringify({ registrationId })),
): Promise<{ https: number; mqtt: number; amqp: number }> {
  const { ports, idScope, caFile } = emulator.endpoints;
  const tls = {
    ca: readFileSync(caFile, 'utf8'),
    cert: chain.map(({ pem }) => pem).join(''),
    key: chain[0]!.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    maxVersion,
  };

  async function overHttps(): Promise<number> {
    const agent = new Agent({ maxVersion, maxCachedSessions: 0 });
    const { status } = await emulator.call({
      method: 'PUT',
      path: `/${idScope}/registrations/${registrationId}/register?api-version=${apiVersion}`,
      headers: { 'content-type': 'application/json' },
      body,
      chain,
      agent,
    });
    return status;
  }

  async function overMqtt(): Promise<number> {
    const client = await mqtt.connectAsync(`mqtts://localhost:${ports.mqtt}`, {
      ...tls,
      clientId: registrationId,
      username: dpsUserName(idScope, registrationId, apiVersion),
      reconnectPeriod: 0,
      protocolVersion: 4,
    });
    const inbox = record(client);
    await client.subscribeAsync(dpsTopics.responses);
    client.publish(dpsTopics.register('1'), body);
    const answer = await inbox.first('$dps/registrations/res/');
    await client.endAsync();
    return Number(answer.topic.split('/')[3]);
  }

  async function overAmqp(): Promise<number> {
    const client = await connectAmqp({ ...tls, port: ports.amqp });
    const node = `${idScope}/registrations/${registrationId}`;
    const version = { [apiVersionProperty]: apiVersion };
    try {
      await client.receiver(node, version);
      await client.send(await client.sender(node, version), {
        correlation_id: '1',
        application_properties: { [dpsAmqp.operationType]: dpsAmqp.register },
        body,
      });
      return 202;
    } catch (error) {
      assert.ok(error instanceof RefusedError, String(error));
      return Math.floor(JSON.parse(error.description).errorCode / 1000);
    } finally {
      client.end();
    }
  }

  return { https: await overHttps(), mqtt: await overMqtt(), amqp: await overAmqp() };
}
