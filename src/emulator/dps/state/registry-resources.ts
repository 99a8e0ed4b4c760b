/** The resources of Azure Device Registry as a tree of documents. Names are case-insensitive. */
import type { StateDatabase } from '../../state/database.js';

/** The names on the way to a resource, beginning with its resource group. */
export type RegistryPath = readonly string[];

export class RegistryResources {
  readonly #database: StateDatabase;

  constructor(database: StateDatabase) {
    this.#database = database;
  }

  get<Document>(path: RegistryPath): Document | undefined {
    const row = this.#database
      .prepare('SELECT document FROM registry_resource WHERE path_key = ?')
      .get(keyOf(path)) as { document: string } | undefined;
    return row && (JSON.parse(row.document) as Document);
  }

  /** The resources directly below all resource groups: the namespaces. */
  namespaces<Document>(): Document[] {
    const rows = this.#database
      .prepare("SELECT document FROM registry_resource WHERE instr(parent_key, '/') = 0 ORDER BY path_key")
      .all() as { document: string }[];
    return rows.map(({ document }) => JSON.parse(document) as Document);
  }

  /** The resources directly below a path, by name. */
  below<Document>(parent: RegistryPath): Document[] {
    const rows = this.#database
      .prepare('SELECT document FROM registry_resource WHERE parent_key = ? ORDER BY path_key')
      .all(keyOf(parent)) as { document: string }[];
    return rows.map(({ document }) => JSON.parse(document) as Document);
  }

  save(path: RegistryPath, document: object): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO registry_resource VALUES (?, ?, ?)')
      .run(keyOf(path), keyOf(path.slice(0, -1)), JSON.stringify(document));
  }

  /** Deletes a resource with everything below it. */
  delete(path: RegistryPath): void {
    const key = keyOf(path);
    this.#database
      .prepare(
        "DELETE FROM registry_resource WHERE path_key = ?1 OR substr(path_key, 1, length(?1) + 1) = ?1 || '/'",
      )
      .run(key);
  }
}

/** No name has a slash. */
function keyOf(path: RegistryPath): string {
  return path.join('/').toLowerCase();
}
