/** A common name as the name of a folder. */

/** Legal on every system; never a path, never empty. */
export function folderNameOf(commonName: string): string {
  const name = commonName
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 64);
  if (name === '') return 'certificate';
  // Windows keeps these names for itself, whatever stands behind a dot.
  return /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name) ? `certificate-${name}` : name;
}
