/** One request and its reply, over HTTPS, MQTT or AMQP. */
import { request } from 'node:https';
import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import mqtt from 'mqtt';
import { apiVersionProperty, dpsAmqp } from '../../src/dps/contract/amqp.js';
import { dpsTopics, dpsUserName } from '../../src/dps/contract/mqtt.js';
import { connectAmqp, RefusedError } from '../emulator/amqp-client.js';
import type { Made } from '../support/chains.js';
import type { Target } from './target.js';

export interface Reply {
  /** Over MQTT, the return code of a refused connection. */
  status: number;
  /** By lower-case name. Over MQTT: `topic` and `retry-after`. Over AMQP: `condition`. */
  headers: Record<string, string | undefined>;
  /** Undefined when there is none. */
  body: unknown;
}

export interface HttpCall {
  host: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: unknown;
  chain?: Made[] | undefined;
}

const replyWithinMs = 60_000;

export function sendHttp(target: Target, call: HttpCall): Promise<Reply> {
  const { host, method, path, headers, body, chain } = call;
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const at = target.dial(host, 'https');
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...at,
        ...(isIP(at.host) ? {} : { servername: at.host }),
        ...{ method, path, agent: false, timeout: replyWithinMs },
        ...(target.ca ? { ca: target.ca } : {}),
        ...(chain ? identityOf(chain) : {}),
        headers: {
          host,
          ...(payload === undefined
            ? { 'content-length': '0' }
            : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
          ...headers,
        },
      },
      async (response) => {
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) text += chunk;
        resolve({
          status: response.statusCode!,
          headers: response.headers as Reply['headers'],
          body: text === '' ? undefined : parsed(text),
        });
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no reply within ${replyWithinMs / 1000} s`)));
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}

/** A text that is no JSON stays a text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function identityOf(chain: Made[]): { cert: string; key: string } {
  return {
    cert: chain.map(({ pem }) => pem).join(''),
    key: chain[0]!.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  };
}

export interface DeviceCall {
  /** The device endpoint of DPS. */
  host: string;
  idScope: string;
  registrationId: string;
  apiVersion: string;
  body: unknown;
  chain?: Made[] | undefined;
  token?: string | undefined;
}

/** Registers over MQTT; the reply is that to the registration. */
export async function registerOverMqtt(target: Target, call: DeviceCall): Promise<Reply> {
  const { host, idScope, registrationId, apiVersion, body, chain, token } = call;
  const at = target.dial(host, 'mqtt');
  let client: mqtt.MqttClient;
  try {
    client = await mqtt.connectAsync(`mqtts://${at.host}:${at.port}`, {
      ...(target.ca ? { ca: target.ca } : {}),
      ...(chain ? identityOf(chain) : {}),
      ...(token ? { password: token } : {}),
      clientId: registrationId,
      username: dpsUserName(idScope, registrationId, apiVersion),
      ...{ protocolVersion: 4, reconnectPeriod: 0, connectTimeout: replyWithinMs },
    });
  } catch (error) {
    const { code } = error as { code?: number };
    if (typeof code !== 'number') throw error;
    return { status: code, headers: {}, body: undefined };
  }
  client.on('error', () => {});
  try {
    await client.subscribeAsync(dpsTopics.responses);
    const answered = new Promise<Reply>((resolve, reject) => {
      client.once('message', (topic, payload) => resolve(mqttReply(topic, payload.toString())));
      client.once('close', () => reject(new Error('the connection ended without a reply')));
    });
    await client.publishAsync(dpsTopics.register('1'), JSON.stringify(body), { qos: 1 });
    return await answered;
  } finally {
    client.end(true);
  }
}

function mqttReply(topic: string, payload: string): Reply {
  const retryAfter = /[?&]retry-after=(\d+)/.exec(topic)?.[1];
  return {
    status: Number(/^\$dps\/registrations\/res\/(\d+)\//.exec(topic)?.[1]),
    headers: { topic, 'retry-after': retryAfter },
    body: parsed(payload),
  };
}

/**
 * Registers over AMQP; the reply is that to the registration, or the error with which the connection, a link or the message
 * is refused.
 */
export async function registerOverAmqp(target: Target, call: DeviceCall): Promise<Reply> {
  const { host, idScope, registrationId, apiVersion, body, chain, token } = call;
  const address = `${idScope}/registrations/${registrationId}`;
  const version = { [apiVersionProperty]: apiVersion };
  try {
    const client = await connectAmqp({
      ...target.dial(host, 'amqp'),
      ca: target.ca ?? rootCertificates.join('\n'),
      ...(chain ? identityOf(chain) : {}),
      ...(token === undefined ? {} : { username: address, password: token }),
    });
    try {
      const replies = await client.receiver(address, version);
      const requests = await client.sender(address, version);
      await client.send(requests, {
        correlation_id: '1',
        application_properties: { [dpsAmqp.operationType]: dpsAmqp.register },
        body: Buffer.from(JSON.stringify(body)),
      });
      const { application_properties: properties = {}, body: reply } = await client.next(replies);
      const answer = parsed(reply.content.toString()) as { status?: string };
      return {
        status: answer.status === 'assigning' ? 202 : 200,
        headers: { 'retry-after': properties[dpsAmqp.retryAfter[0]] },
        body: answer,
      };
    } finally {
      client.end();
    }
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const refusal = parsed(error.description);
    const { errorCode } = (typeof refusal === 'object' ? refusal : {}) as { errorCode?: number };
    return {
      status: errorCode === undefined ? 0 : Math.floor(errorCode / 1000),
      headers: { condition: error.condition },
      body: refusal,
    };
  }
}
