import * as z from 'zod';
import type { HttpClient, HttpRequest } from './client.js';

/** The items of a list of Azure Resource Manager, of all pages. */
export async function listAll<Schema extends z.ZodType>(
  http: HttpClient,
  request: HttpRequest,
  item: Schema,
): Promise<z.infer<Schema>[]> {
  const items: z.infer<Schema>[] = [];
  let query: Record<string, string> | undefined;
  do {
    const { body } = await http.send(
      { ...request, repeatable: true, ...(query ? { query } : {}) },
      z.object({ value: z.array(item), nextLink: z.string().nullish() }),
    );
    items.push(...body.value);
    query = body.nextLink ? queryOf(body.nextLink) : undefined;
  } while (query);
  return items;
}

/** The parameters of a link to the next page. Its host and path are not used: the token goes nowhere else. */
function queryOf(nextLink: string): Record<string, string> {
  return Object.fromEntries(new URL(nextLink, 'https://localhost').searchParams);
}
