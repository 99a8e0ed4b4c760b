/** The devices of a tar archive, a folder each. */
import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import { EnrollkitError } from '../../errors.js';
import { fileError } from '../devices/file-lines.js';
import type { ContentDevice } from '../registration/fleet-devices.js';

/**
 * In the order of the archive, as they are asked for.
 *
 * @throws EnrollkitError FILE_UNREADABLE
 */
export async function* tarDevices(out: string): AsyncGenerator<ContentDevice, void> {
  const input = createReadStream(out);
  const archive = extract();
  input.on('error', (error) => archive.destroy(error));
  input.pipe(archive);
  let name: string | undefined;
  let files = new Map<string, string>();
  try {
    for await (const entry of archive) {
      const [folder = '', file = ''] = entry.header.name.split('/');
      if (name !== undefined && folder !== name) {
        yield deviceOf(out, name, files);
        files = new Map();
      }
      name = folder;
      const isWanted = file === 'chain.pem' || file === 'key.pem';
      if (isWanted) files.set(file, await text(entry));
      else entry.resume();
    }
  } catch (cause) {
    if (cause instanceof EnrollkitError || (cause as { syscall?: string }).syscall)
      throw fileError(out, cause);
    throw new EnrollkitError('FILE_UNREADABLE', `${out} cannot be read: ${(cause as Error).message}.`, {
      cause,
    });
  } finally {
    input.destroy();
  }
  if (name !== undefined) yield deviceOf(out, name, files);
}

function deviceOf(out: string, name: string, files: ReadonlyMap<string, string>): ContentDevice {
  return {
    name,
    read() {
      const [certificateChain, privateKey] = [files.get('chain.pem'), files.get('key.pem')];
      if (certificateChain !== undefined && privateKey !== undefined) return { certificateChain, privateKey };
      throw new EnrollkitError('FILE_UNREADABLE', `${out} has no chain.pem or no key.pem of ${name}.`);
    },
  };
}
