/** What every sample takes: where it goes, and whose values it has. */
import { forceFlag, outFileFlag } from '../input/certificate-flags.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { globalEndpointFlag, targetFlags } from '../target/target-flags.js';

export const sampleFlags = {
  ...outFileFlag,
  ...forceFlag,
  ...dirFlag,
  ...globalEndpointFlag,
  ...targetFlags,
  ...outputFlags,
};
