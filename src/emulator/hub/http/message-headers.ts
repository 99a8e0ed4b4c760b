/** The properties of a message as headers, or as members of a batch. System properties have headers of their own. */
import type { HubMessage } from '../messages.js';

/** The headers of system properties, and their names in the property bag of MQTT. */
export const systemPropertyHeaders: Record<string, string> = {
  'iothub-messageid': 'mid',
  'iothub-correlationid': 'cid',
  'iothub-userid': 'uid',
  'iothub-contenttype': 'ct',
  'iothub-contentencoding': 'ce',
};

/** Begins the headers of application properties. */
export const propertyPrefix = 'iothub-app-';

/** @param values by header names in lower case; whatever is not text, or not a property, is ignored */
export function propertiesOf(
  values: Record<string, unknown>,
): Pick<HubMessage, 'systemProperties' | 'properties'> {
  const systemProperties = new Map<string, string>();
  const properties = new Map<string, string>();
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== 'string') continue;
    if (Object.hasOwn(systemPropertyHeaders, name)) systemProperties.set(systemPropertyHeaders[name]!, value);
    else if (name.startsWith(propertyPrefix)) properties.set(name.slice(propertyPrefix.length), value);
  }
  return {
    systemProperties: Object.fromEntries(systemProperties),
    properties: Object.fromEntries(properties),
  };
}
