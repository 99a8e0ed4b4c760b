/** Runs `emulator trust` and `emulator untrust`. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { emulatorFolder } from '../../emulator/endpoints.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { programFile } from '../../package-files.js';
import type { Context, FlagsOf, RunOf } from '../kernel/command.js';
import { quoted } from '../terminal/command-line.js';
import { confirmed } from '../terminal/confirm.js';
import { dirFlagFor, stateFolderOf } from './running-emulator.js';
import type { StoreKind } from './store-kinds.js';
import type { emulatorTrust, emulatorUntrust } from './trust.js';
import { changeTrust, type PlannedStore, planTrust } from './trust-stores/change-trust.js';
import { type EmulatorRoot, readCopiedRoot, readRoot, type TrustAction } from './trust-stores/trust-store.js';
import { thisSystem } from './trust-stores/trust-system.js';

export const runTrust: RunOf<typeof emulatorTrust> = ({ flags }, context) => change('trust', flags, context);
export const runUntrust: RunOf<typeof emulatorUntrust> = ({ flags }, context) =>
  change('untrust', flags, context, flags.root);

async function change(
  action: TrustAction,
  flags: FlagsOf<typeof emulatorTrust>,
  context: Context,
  copiedRoot?: string,
): Promise<void> {
  const { output, env } = context;
  const { cliTrust } = sentences;
  const dir = stateFolderOf(flags);
  const next = action === 'trust' ? sentences.cliEmulator.startOne(dirFlagFor(dir)) : cliTrust.giveRoot;
  const root =
    copiedRoot === undefined ? readRoot(resolve(emulatorFolder(dir)), next) : readCopiedRoot(copiedRoot);
  const kinds: readonly StoreKind[] = flags.store ?? ['system', 'browsers'];
  const planned = await planTrust(thisSystem(env), root, kinds, action);
  const toChange = planned.filter(({ plan }) => plan === 'change');
  if (!output.json) showPlan(action, root, planned, context);
  if (toChange.length > 0) {
    const places = toChange.map(({ store }) => store.place);
    await confirmed(`emulator.${action}`, cliTrust.confirm(action, places), flags, context, {
      why: cliTrust.why(action),
      declined: cliTrust.declined,
    });
  }
  for (const { store } of toChange) {
    context.signal.throwIfAborted();
    await changeTrust(store, action);
    if (!output.json) output.note(`emulator.${action}ed`, cliTrust.changed(action, store.place));
  }
  const result = {
    action,
    root: { file: root.file, sha1: root.sha1, sha256: root.sha256 },
    stores: planned.map(({ store: { kind, place }, plan, reason }) => ({
      kind,
      place,
      outcome: plan === 'change' ? 'changed' : plan,
      ...(reason === undefined ? {} : { reason }),
    })),
  };
  if (planned.some(({ plan }) => plan === 'not-permitted')) {
    const command = administratorCommand(
      action,
      copiedRoot === undefined ? ['--dir', resolve(dir)] : ['--root', root.file],
    );
    throw new EnrollkitError('TRUST_NOT_PERMITTED', cliTrust.notPermitted, {
      next: cliTrust.runAsAdministrator(command),
      context: { ...result, command },
    });
  }
  // A store that was named must be there; of the others, those that are there are changed.
  const unusable = planned.find(({ plan }) => plan === 'unusable');
  if (flags.store !== undefined && unusable !== undefined) {
    throw new EnrollkitError('TRUST_FAILED', unusable.reason!, { context: result });
  }
  if (flags.store !== undefined && planned.length === 0) {
    throw new EnrollkitError('TRUST_FAILED', cliTrust.noStores);
  }
  if (output.json) output.value(result);
}

function showPlan(
  action: TrustAction,
  { file, sha256 }: EmulatorRoot,
  planned: readonly PlannedStore[],
  { output }: Context,
): void {
  const { cliTrust } = sentences;
  output.note('emulator.trust.root', cliTrust.root(file, sha256));
  const isChanged = planned.some(({ plan }) => plan === 'change' || plan === 'not-permitted');
  if (action === 'trust' && isChanged) output.note('emulator.trust.warning', cliTrust.warning);
  for (const { store, plan, reason } of planned) {
    if (plan === 'unchanged')
      output.note('emulator.trust.unchanged', cliTrust.unchanged(action, store.place));
    else if (plan === 'unusable')
      output.note('emulator.trust.unusable', cliTrust.unusable(store.place, reason!));
    else output.note('emulator.trust.plan', cliTrust.plan(store.place, store.steps(action)));
  }
  if (planned.length === 0) output.note('emulator.trust.none', cliTrust.noStores);
}

/** The whole command, since root has another PATH and another folder. */
function administratorCommand(action: TrustAction, emulator: readonly string[]): string {
  const words = [process.execPath, fileURLToPath(programFile('bin')), 'emulator', action];
  return ['sudo', ...words, ...emulator, '--store', 'system', '--yes'].map(quoted).join(' ');
}
