import type { ClockReply } from '../../emulator/control/paths.js';
import { sentences } from '../../languages/language.js';
import { durationText } from '../terminal/text.js';

/** The time of the emulator, and how far it is from that of this computer. */
export function clockText({ now, offset }: ClockReply): string {
  if (offset === 0) return now;
  const { clockAhead, clockBehind } = sentences.cliEmulator;
  return (offset > 0 ? clockAhead : clockBehind)(now, durationText(offset));
}
