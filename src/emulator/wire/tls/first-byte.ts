/**
 * MQTT, AMQP and HTTPS on one port. DPS names a hub once, with one port, whatever protocol a client speaks: where that is
 * not Azure's port, clients of all three dial it.
 */
import type { TLSSocket } from 'node:tls';

/** OASIS, AMQP 1.0 part 2 section 2.2: a connection begins with "AMQP". No first packet of MQTT does. */
const amqpFirstByte = 'A'.charCodeAt(0);

type Accept = (socket: TLSSocket) => void;

export interface AcceptByProtocol {
  mqtt: Accept;
  amqp: Accept;
  https: Accept;
}

/** RFC 9110 section 9: the registered methods are capital letters, and the common ones do not begin with A. */
function protocolOf(firstByte: number): keyof AcceptByProtocol {
  if (firstByte === amqpFirstByte) return 'amqp';
  return firstByte > amqpFirstByte && firstByte <= 'Z'.charCodeAt(0) ? 'https' : 'mqtt';
}

/** @param timeout milliseconds for the first byte; a client that sends nothing is disconnected */
export function acceptByFirstByte(protocols: AcceptByProtocol, timeout: number): Accept {
  return (socket) => {
    const destroy = () => socket.destroy();
    const timer = setTimeout(destroy, timeout);
    const stopTimer = () => clearTimeout(timer);
    socket.on('error', destroy);
    socket.once('close', stopTimer);
    socket.once('data', (bytes: Buffer) => {
      stopTimer();
      socket.off('close', stopTimer);
      socket.pause();
      socket.unshift(bytes);
      protocols[protocolOf(bytes[0]!)](socket);
      socket.off('error', destroy);
    });
  };
}
