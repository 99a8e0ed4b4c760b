import { z } from 'zod';

/**
 * A schema that checks a body as `schema` does, and gives it back as it was received, with the members that `schema`
 * does not name: what is read, changed and sent back must not lose them.
 */
export function asReceived<Schema extends z.ZodType>(schema: Schema): z.ZodType<z.input<Schema>> {
  return z.unknown().superRefine((body, context) => {
    const { error } = schema.safeParse(body);
    for (const { path, message } of error?.issues ?? []) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  }) as unknown as z.ZodType<z.input<Schema>>;
}
