import { forceFlag, outFileFlag } from '../input/certificate-flags.js';
import { defineCommand } from '../kernel/command.js';
import { outputFlags } from '../kernel/common-flags.js';
import { numberText } from '../terminal/text.js';

export const fleetMerge = defineCommand({
  description:
    'Joins the manifests of the shards of a fleet into one, in the order in which they are given. A device or a serial number that comes twice is refused, and nothing is written.',
  args: { manifest: { summary: 'what fleet issue wrote: SHARD.manifest.csv', variadic: true } },
  flags: { ...outFileFlag, ...forceFlag, ...outputFlags },
  examples: [
    {
      line: 'fleet merge part-1.manifest.csv part-2.manifest.csv --out all.csv',
      summary: 'the manifests of two shards as one',
    },
    { line: 'fleet merge part-*.manifest.csv > all.csv', summary: 'however many there are' },
  ],
  async run({ args, flags }, { output }) {
    const { EnrollkitError } = await import('../../errors.js');
    const { mergeManifests, removeMergeLeftovers } = await import('../../fleet/merge-manifests.js');
    const { assertFree } = await import('../input/write-files.js');
    const { displayPath } = await import('../terminal/text.js');
    const { out, force } = flags;
    if (out === undefined && output.json) {
      throw new EnrollkitError(
        'USAGE',
        'Both the manifest and the result of --json would go to standard output.',
        {
          next: 'Name a file with --out FILE.',
        },
      );
    }
    if (out !== undefined) {
      removeMergeLeftovers(out);
      assertFree([out], force === true);
    }
    const devices = await mergeManifests(args.manifest, out ?? output.stdout);
    if (output.json) output.value({ devices, manifests: args.manifest.length, out });
    else if (out !== undefined)
      output.result('fleet.merged', `${numberText(devices)} devices, listed in ${displayPath(out)}`);
  },
});
