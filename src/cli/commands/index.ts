/** The command table, in the order of the help. */
import type { Command } from '../command.js';
import { caDelete } from './ca-delete.js';
import { caList } from './ca-list.js';
import { caUpload } from './ca-upload.js';
import { caVerify } from './ca-verify.js';
import { clean } from './clean.js';
import { deviceRegister } from './device-register.js';
import { deviceSend } from './device-send.js';
import { emulatorEnv } from './emulator-env.js';
import { emulatorStart } from './emulator-start.js';
import { groupCreate } from './group-create.js';
import { groupDelete } from './group-delete.js';
import { groupList } from './group-list.js';
import { groupShow } from './group-show.js';
import { quickstart } from './quickstart.js';

export const commands: readonly Command[] = [
  quickstart,
  clean,
  deviceRegister,
  deviceSend,
  groupCreate,
  groupList,
  groupShow,
  groupDelete,
  caUpload,
  caVerify,
  caList,
  caDelete,
  emulatorStart,
  emulatorEnv,
];

/** Commands of two words, by their first. */
export const families: Readonly<Record<string, string>> = {
  device: 'act as a device: register, send',
  group: 'enrollment groups: create, list, show, delete',
  ca: 'CA certificates in DPS: upload, verify, list, delete',
  emulator: 'the embedded DPS: start, env',
};
