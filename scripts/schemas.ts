/** Writes the JSON Schemas that stand in templates/, from the zod schemas that the code checks with. */
import { writeFileSync } from 'node:fs';
import * as z from 'zod';
import { faultFileSchema } from '../src/emulator/faults/schema.js';
import { emulatorSeedFileSchema } from '../src/emulator/seed/seed-schema.js';
import { profileSchema } from '../src/pki/make/profile.js';
import { planSchema } from '../src/quickstart/plan/schema.js';

export const schemas = {
  'templates/emulator-faults.schema.json': faultFileSchema,
  'templates/emulator-seed.schema.json': emulatorSeedFileSchema,
  'templates/plan.schema.json': planSchema,
  'templates/profiles/profile.schema.json': profileSchema,
};

/** A schema as the text of its file. */
export function schemaText(schema: z.ZodType): string {
  return `${JSON.stringify(z.toJSONSchema(schema, { io: 'input' }), null, 2)}\n`;
}

if (import.meta.url === `file://${process.argv[1]}`) {
  for (const [path, schema] of Object.entries(schemas)) {
    writeFileSync(new URL(`../${path}`, import.meta.url), schemaText(schema));
  }
}
