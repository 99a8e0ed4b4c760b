/** The TLS connection for MQTT, and the MQTT library. */

import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import type { MqttClient } from 'mqtt';
import type mqttPacket from 'mqtt-packet';
import { EnrollkitError } from '../../../errors.js';
import { sentences } from '../../../languages/language.js';
import { PacketMeter } from '../../contract/mqtt-packet-meter.js';
import { connectDevice, connectDeviceWebSocket, type DeviceSocketOptions } from '../device-socket.js';

export const mqttTlsPort = 8883;

/** Microsoft Learn, "IoT Hub quotas and throttling": a message has at most 256 KB; twice that, with topic and properties. */
const maxPacketBytes = 512 * 1024;

/**
 * Connects to `host` or `host:port`, with the device's certificate. A packet of the server that is too large ends the
 * connection, with REFUSED at the client.
 */
export function openSocket(
  options: DeviceSocketOptions & { webSocketPort?: number | undefined },
  client: MqttClient,
): Duplex {
  const { endpoint, webSocketPort } = options;
  const socket =
    webSocketPort === undefined
      ? connectDevice(options, mqttTlsPort)
      : connectDeviceWebSocket(options, webSocketPort, 'mqtt');
  // The client forwards only some of the socket's errors, and no TLS errors.
  socket.on('error', (error) => client.emit('error', error));
  const meter = new PacketMeter(maxPacketBytes);
  socket.on('data', (chunk: Buffer) => {
    if (socket.destroyed || meter.accepts(chunk)) return;
    socket.destroy(
      new EnrollkitError('REFUSED', sentences.dpsClient.packetTooLong(endpoint, maxPacketBytes), {
        next: sentences.dpsClient.checkMqttAddress,
        context: { host: endpoint, maxPacketBytes },
      }),
    );
  });
  return socket;
}

/**
 * Loaded on demand, because registration over HTTPS does not need it; with `require`, which takes 0.05 s, while
 * importing this CommonJS package takes 0.11 s. Without its own ways to connect, among them SOCKS proxies.
 */
export function loadMqttClient(): typeof MqttClient {
  const packets = createRequire(import.meta.url)('mqtt-packet') as typeof mqttPacket;
  // Else the first packet makes a buffer for each of the 65,536 numbers of packets.
  packets.writeToStream.cacheNumbers = false;
  const client = createRequire(import.meta.url)('mqtt/lib/client') as { default: typeof MqttClient };
  return client.default;
}
