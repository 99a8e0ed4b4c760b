import * as z from 'zod';

/**
 * A schema that validates like `schema` but returns the input unchanged, with the members that `schema` does not
 * define: they must not be lost when an object is read, changed and sent back.
 */
export function asReceived<Schema extends z.ZodType>(schema: Schema): z.ZodType<z.input<Schema>> {
  return z.unknown().superRefine((body, context) => {
    const { error } = schema.safeParse(body);
    for (const { path, message } of error?.issues ?? []) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  }) as unknown as z.ZodType<z.input<Schema>>;
}
