import { sentences } from '../../languages/language.js';
import { forceFlag, outFileFlag } from '../input/certificate-flags.js';
import { defineCommand } from '../kernel/command.js';
import { outputFlags } from '../kernel/common-flags.js';

export const fleetMerge = defineCommand({
  description: sentences.cliFleet.mergeDescription,
  args: { manifest: { summary: sentences.cliFleet.mergeArgument, completes: 'files', variadic: true } },
  flags: { ...outFileFlag, ...forceFlag, ...outputFlags },
  examples: [
    {
      line: 'fleet merge part-1.manifest.csv part-2.manifest.csv --out all.csv',
      summary: sentences.cliFleet.mergeExample,
    },
    { line: 'fleet merge part-*.manifest.csv > all.csv', summary: sentences.cliFleet.mergeAllExample },
  ],
  async run({ args, flags }, { output }) {
    const { EnrollkitError } = await import('../../errors.js');
    const { mergeManifests, removeMergeLeftovers } = await import('../../fleet/merge-manifests.js');
    const { assertFree } = await import('../input/write-files.js');
    const { displayPath } = await import('../terminal/text.js');
    const { out, force } = flags;
    if (out === undefined && output.json) {
      throw new EnrollkitError('USAGE', sentences.cliFleet.manifestOrJson, {
        next: sentences.cliFleet.nameOutFile,
      });
    }
    if (out !== undefined) {
      removeMergeLeftovers(out);
      assertFree([out], force === true);
    }
    const devices = await mergeManifests(args.manifest, out ?? output.stdout);
    if (output.json) output.value({ devices, manifests: args.manifest.length, out });
    else if (out !== undefined)
      output.result('fleet.merged', sentences.cliFleet.merged(devices, displayPath(out)));
  },
});
