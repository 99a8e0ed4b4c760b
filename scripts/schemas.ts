/** Writes the JSON Schemas that stand in templates/, from the zod schemas that the code checks with. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { faultFileSchema } from '../src/emulator/faults/schema.js';
import { emulatorSeedFileSchema } from '../src/emulator/seed/seed-schema.js';
import { profileSchema } from '../src/pki/make/profile.js';
import { planSchema } from '../src/quickstart/plan/schema.js';
import { recordingSchema } from '../src/quickstart/recording/schema.js';

export const schemas = {
  'templates/emulator-faults.schema.json': faultFileSchema,
  'templates/emulator-seed.schema.json': emulatorSeedFileSchema(),
  'templates/plan.schema.json': planSchema,
  'templates/recording.schema.json': recordingSchema,
  'templates/profiles/profile.schema.json': profileSchema,
};

/** Where editors and validators that do not have the package know the schemas from: a name, not yet an address. */
const { homepage } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/**
 * A schema as the text of its file.
 *
 * @param path of that file
 */
export function schemaText(path: string, schema: z.ZodType): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  const $id = `${homepage}/schemas/${path.split('/').at(-1)}`;
  return `${JSON.stringify({ $schema, $id, ...rest }, null, 2)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, schema] of Object.entries(schemas)) {
    writeFileSync(new URL(`../${path}`, import.meta.url), schemaText(path, schema));
  }
}
