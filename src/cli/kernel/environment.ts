/** The environment variables that enrollkit reads, which the help and docs/errors.md show. */
import { sentences } from '../../languages/language.js';

export const environmentVariables = sentences.cliKernel.environment;
