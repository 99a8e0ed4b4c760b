/** The ports of `emulator start`: those of Azure, except for HTTPS, since port 443 needs rights. */
export const defaultPorts = { https: 8443, mqtt: 8883, amqp: 5671 };
