/** What is in a folder, to tell whether anything in it was changed. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Every file and link below a folder, by relative path, with a digest of what is in it; folders are left out, and so are
 * recordings: every run leaves one, also one that changed nothing else.
 */
export function contentsOf(folder: string): Record<string, string> {
  const names = (readdirSync(folder, { recursive: true }) as string[]).sort();
  return Object.fromEntries(
    names.flatMap((name): [string, string][] => {
      const path = join(folder, name);
      const stat = lstatSync(path);
      if (stat.isSymbolicLink()) return [[name, `link to ${readlinkSync(path)}`]];
      if (!stat.isFile() || isRecording(name)) return [];
      return [[name, createHash('sha256').update(readFileSync(path)).digest('hex')]];
    }),
  );
}

function isRecording(name: string): boolean {
  return /(^|[\\/])\.enrollkit[\\/]runs[\\/][^\\/]+\.json$/.test(name);
}
