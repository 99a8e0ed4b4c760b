/** What every table of messages stores of a message: its properties as JSON, and its body. */

export interface ContentColumns {
  system_properties: string;
  properties: string;
  body: Uint8Array;
}

interface Content {
  systemProperties: Record<string, string>;
  properties: Record<string, string>;
  body: Buffer;
}

/** The content of a message from the columns of its row. */
export function contentOf({ system_properties, properties, body }: ContentColumns): Content {
  return {
    systemProperties: JSON.parse(system_properties) as Record<string, string>,
    properties: JSON.parse(properties) as Record<string, string>,
    body: Buffer.from(body),
  };
}
