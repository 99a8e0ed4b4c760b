/** A device that costs as little as it can, so that what is measured is the server: bare TLS, bytes written by hand. */
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import mqttPacket from 'mqtt-packet';

export interface BenchDevice {
  id: string;
  context: SecureContext;
}

export interface Server {
  port: number;
  idScope: string;
}

export function benchDevice(id: string, chainPem: string, keyPem: string, ca: string): BenchDevice {
  return { id, context: createSecureContext({ cert: chainPem, key: keyPem, ca }) };
}

function open(port: number, { context }: BenchDevice): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      { port, host: '127.0.0.1', servername: 'localhost', secureContext: context },
      () => {
        socket.removeListener('error', reject);
        resolve(socket);
      },
    );
    socket.setNoDelay(true).once('error', reject);
  });
}

/** Reads until a pattern is there, and gives what matched. */
function until(socket: TLSSocket, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const match = pattern.exec(text);
      if (!match) return;
      socket.removeListener('data', onData);
      socket.removeListener('close', onClose);
      resolve(match);
    };
    const onClose = () => reject(new Error(`the server ended the connection after: ${text.slice(0, 400)}`));
    socket.on('data', onData).once('close', onClose).on('error', onClose);
  });
}

/** The handshake and one line each way: what nobody can do without. */
export async function handshake({ port }: Server, device: BenchDevice): Promise<void> {
  const socket = await open(port, device);
  const answered = until(socket, /done\n/);
  socket.write('go\n');
  await answered;
  socket.destroy();
}

/** Registers over HTTPS and polls once, on one connection. */
export async function registerHttps({ port, idScope }: Server, device: BenchDevice): Promise<void> {
  const socket = await open(port, device);
  const base = `/${idScope}/registrations/${device.id}`;
  const body = `{"registrationId":"${device.id}"}`;
  const registered = until(socket, /"operationId":"([^"]+)"/);
  socket.write(
    `PUT ${base}/register?api-version=2021-06-01 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const operationId = (await registered)[1];
  const assigned = until(socket, /"status":"assigned"/);
  socket.write(
    `GET ${base}/operations/${operationId}?api-version=2021-06-01 HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  );
  await assigned;
  socket.destroy();
}

/** Registers over MQTT and polls once, on one connection. */
export async function registerMqtt({ port, idScope }: Server, device: BenchDevice): Promise<void> {
  const socket = await open(port, device);
  const send = (packet: mqttPacket.Packet) => socket.write(mqttPacket.generate(packet));
  const publish = (topic: string, payload: string) =>
    send({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false });
  const registered = until(socket, /"operationId":"([^"]+)"/);
  // Nothing that was answered has to be waited for, since packets are taken in order.
  send({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    keepalive: 60,
    clientId: device.id,
    username: `${idScope}/registrations/${device.id}/api-version=2021-06-01`,
  });
  const subscriptions = [{ topic: '$dps/registrations/res/#', qos: 0 as const }];
  send({ cmd: 'subscribe', messageId: 1, subscriptions });
  publish('$dps/registrations/PUT/iotdps-register/?$rid=1', `{"registrationId":"${device.id}"}`);
  const operationId = (await registered)[1];
  const assigned = until(socket, /"status":"assigned"/);
  publish(`$dps/registrations/GET/iotdps-get-operationstatus/?$rid=2&operationId=${operationId}`, ' ');
  await assigned;
  socket.destroy();
}
