/** The TLS connection for MQTT. */

import type { Duplex } from 'node:stream';
import { EnrollkitError } from '../../../errors.js';
import { sentences } from '../../../languages/language.js';
import { PacketMeter } from '../../contract/mqtt-packet-meter.js';
import { connectDevice, connectDeviceWebSocket, type DeviceSocketOptions } from '../device-socket.js';

export const mqttTlsPort = 8883;

/** Microsoft Learn, "IoT Hub quotas and throttling": a message has at most 256 KB; twice that, with topic and properties. */
const maxPacketBytes = 512 * 1024;

/**
 * Connects to `host` or `host:port`, with the device's certificate. A packet of the server that is too large ends the
 * connection, with REFUSED.
 */
export function openSocket(options: DeviceSocketOptions & { webSocketPort?: number | undefined }): Duplex {
  const { endpoint, webSocketPort } = options;
  const socket =
    webSocketPort === undefined
      ? connectDevice(options, mqttTlsPort)
      : connectDeviceWebSocket(options, webSocketPort, 'mqtt');
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
