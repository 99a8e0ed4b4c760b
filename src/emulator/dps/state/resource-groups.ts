/** The resource groups of the emulator's only subscription. Names are case-insensitive. */
import type { StateDatabase } from '../../state/database.js';

export interface ResourceGroup {
  name: string;
  location: string;
  tags: Record<string, string>;
}

interface Row {
  name: string;
  location: string;
  tags: string;
}

export class ResourceGroups {
  readonly #database: StateDatabase;

  constructor(database: StateDatabase) {
    this.#database = database;
  }

  list(): ResourceGroup[] {
    return (this.#database.prepare('SELECT * FROM resource_group ORDER BY name_key').all() as Row[]).map(
      fromRow,
    );
  }

  get(name: string): ResourceGroup | undefined {
    const row = this.#database
      .prepare('SELECT name, location, tags FROM resource_group WHERE name_key = ?')
      .get(name.toLowerCase()) as Row | undefined;
    return row && fromRow(row);
  }

  save({ name, location, tags }: ResourceGroup): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO resource_group VALUES (?, ?, ?, ?)')
      .run(name.toLowerCase(), name, location, JSON.stringify(tags));
  }

  delete(name: string): void {
    this.#database.prepare('DELETE FROM resource_group WHERE name_key = ?').run(name.toLowerCase());
  }
}

function fromRow({ name, location, tags }: Row): ResourceGroup {
  return { name, location, tags: JSON.parse(tags) as Record<string, string> };
}
