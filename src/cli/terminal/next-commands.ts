/** What to do after a quickstart: commands that can be copied. */
import { sentences } from '../../languages/language.js';
import { defaultFolder } from '../kernel/common-flags.js';
import { quoted } from './command-line.js';

export interface NextCommand {
  line: string;
  what: string;
}

export interface FinishedRun {
  /** The certificate folder as it was typed. */
  folder: string;
  /** How the program is called: see `programName`. */
  program: string;
  target: 'emulator' | 'azure';
  /** A registered device, if there is one. */
  registrationId: string | undefined;
  /** Whether the run wrote the program that creates the same enrollment group. */
  hasSampleProgram: boolean;
}

/** ` --dir FOLDER`, unless it is the default. */
export function dirFlagFor(folder: string): string {
  return folder === defaultFolder ? '' : ` --dir ${quoted(folder)}`;
}

export function nextCommands(finished: FinishedRun): NextCommand[] {
  const { folder, program, target, registrationId, hasSampleProgram } = finished;
  const { sendAgain, keepEmulator, emulatorEnv, byHand, clean } = sentences.cliQuickstart.closing;
  const dir = dirFlagFor(folder);
  const state = folder === defaultFolder ? '' : ` --dir ${quoted(`${folder}/.enrollkit`)}`;
  return [
    ...(registrationId === undefined
      ? []
      : [{ line: `${program} device send ${registrationId}${dir}`, what: sendAgain }]),
    ...(target === 'emulator'
      ? [
          { line: `${program} emulator start${state}`, what: keepEmulator },
          { line: `eval "$(${program} emulator env${state})"`, what: emulatorEnv },
        ]
      : []),
    ...(target === 'azure' && hasSampleProgram
      ? [
          {
            line: `cd ${quoted(folder)} && DPS_CONNECTION_STRING=... python3 EnrollmentGroup.py`,
            what: byHand,
          },
        ]
      : []),
    { line: `${program} clean${dir}`, what: clean },
  ];
}
