/** `clean --find`: finds what quickstarts created whose folder is lost, and deletes it. */
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import {
  type FindOptions,
  type FoundRun,
  type FoundThing,
  findCreated,
  removeFound,
} from '../../quickstart/find-created.js';
import { Journal } from '../../workspace/journal.js';
import { layoutOf } from '../../workspace/layout.js';
import type { Context } from '../kernel/command.js';
import type { dirFlag, yesFlag } from '../kernel/common-flags.js';
import type { FlagValues } from '../kernel/flags.js';
import { withAccount } from '../target/account.js';
import { folderOf } from '../target/folder.js';
import { confirmed } from '../terminal/confirm.js';
import { inWords } from '../terminal/resource-words.js';
import { displayPath } from '../terminal/text.js';
import type { findFlags } from './find-flags.js';

type GivenFlags = FlagValues<typeof findFlags & typeof dirFlag & typeof yesFlag> & {
  readonly certificates?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
};

/** A list longer than this is cut in the terminal, unless it is all that was asked for. */
const maxListed = 20;

/** @throws EnrollkitError USAGE; NEEDS_INPUT, INTERRUPTED of the question; PARTIAL; of the clients */
export async function cleanFound(flags: GivenFlags, context: Context): Promise<void> {
  const { output, signal } = context;
  if (flags.certificates) {
    throw new EnrollkitError('USAGE', sentences.cliQuickstart.findNotWith, {
      next: sentences.cliQuickstart.findNotWithNext,
    });
  }
  await withAccount(flags, context, false, async (account) => {
    const options: FindOptions = {
      manager: account.manager,
      subscriptions: await account.subscriptions(),
      resourceGroup: flags.resourceGroup,
      dpsName: flags.dpsName,
      targetFor: account.targetFor,
      signal,
    };
    const found = await findCreated({
      ...options,
      progress: (what) => output.detail(sentences.cliQuickstart.findSearching(what)),
    });
    const { runs, byName, known } = chosen(found.runs, flags);
    for (const { what, why } of found.notSearched)
      output.note('clean.not-searched', sentences.cliQuickstart.findNotSearched(what, why));
    if (known) {
      output.note(
        'clean.known-run',
        sentences.cliQuickstart.findKnownRun(displayPath(layoutOf(folderOf(flags)).folder)),
      );
    }
    for (const { run, things } of flags.dryRun ? [] : byName) {
      for (const { thing } of things)
        output.note('clean.by-name', sentences.cliQuickstart.findByName(inWords(thing), run));
    }
    const incomplete = () => {
      const count = found.notSearched.length;
      if (count === 0) return;
      throw new EnrollkitError('PARTIAL', sentences.cliQuickstart.findIncomplete(count), {
        next: sentences.cliQuickstart.findIncompleteNext,
        context: { notSearched: found.notSearched },
      });
    };
    if (flags.dryRun || runs.length === 0) {
      const all = [...runs, ...byName];
      if (output.json)
        return output.value({ runs: all.map(inJson(account.kind)), notSearched: found.notSearched });
      if (all.length > 0) output.data(all.map((run) => runText(run, run.things.length)).join('\n\n'));
      else if (found.notSearched.length === 0)
        output.result('clean.nothing', sentences.cliQuickstart.findNothing);
      return incomplete();
    }
    if (!flags.yes) output.note('clean.list', `${runs.map((run) => runText(run, maxListed)).join('\n\n')}\n`);
    await confirmed('clean.found', sentences.cliQuickstart.findQuestion(runs.length), flags, context);
    const result = await removeFound(runs, {
      ...options,
      removed: (thing) => output.note('clean.removed', sentences.cliQuickstart.cleanRemoved(inWords(thing))),
    });
    for (const { thing, why } of result.kept)
      output.note('clean.kept', sentences.cliQuickstart.cleanKept(inWords(thing), why));
    if (result.kept.length > 0) {
      const all = result.kept.length + result.removed.length;
      throw new EnrollkitError('PARTIAL', sentences.cliQuickstart.cleanPartial(result.kept.length, all), {
        next: sentences.cliQuickstart.cleanPartialNext,
        context: { kept: result.kept, notSearched: found.notSearched },
      });
    }
    incomplete();
    if (output.json) output.value(result);
  });
}

/**
 * The runs to clean: those named by `--run`, or else all. A run that was recognized by its name only must be named. The run
 * of this folder is never among them, because the folder has its journal.
 */
function chosen(
  all: readonly FoundRun[],
  flags: GivenFlags,
): { runs: FoundRun[]; byName: FoundRun[]; known: boolean } {
  const { journal } = layoutOf(folderOf(flags));
  const own = Journal.open(journal, () => new Date());
  const ownCas = new Set(
    own.things().flatMap((one) => (one.kind === 'ca-certificate' ? one.sha1Thumbprint : [])),
  );
  const isOwn = ({ run, thing }: FoundThing) =>
    run === own.knownRun || (thing.kind === 'ca-certificate' && ownCas.has(thing.sha1Thumbprint));
  const runs = all.filter(({ things }) => !things.every(isOwn));
  const missing = flags.run?.find((run) => !runs.some((one) => one.run === run));
  if (missing !== undefined) {
    throw new EnrollkitError('NOT_FOUND', sentences.cliQuickstart.findNoSuchRun(missing), {
      next: sentences.cliQuickstart.findListRuns,
    });
  }
  const known = flags.run === undefined && runs.length < all.length;
  if (flags.run) return { runs: runs.filter(({ run }) => flags.run?.includes(run)), byName: [], known };
  const isByName = ({ toldBy }: FoundRun) => toldBy === 'name';
  return { runs: runs.filter((one) => !isByName(one)), byName: runs.filter(isByName), known };
}

function runText({ run, toldBy, createdAt, things }: FoundRun, most: number): string {
  const lines = things.slice(0, most).map(({ thing }) => `  ${inWords(thing)}`);
  const more = things.length - lines.length;
  return [
    toldBy === 'name'
      ? sentences.cliQuickstart.findRunByName(run, createdAt?.slice(0, 10))
      : sentences.cliQuickstart.findRun(run, createdAt?.slice(0, 10)),
    ...lines,
    ...(more > 0 ? [`  ${sentences.cliQuickstart.cleanAndMore(more)}`] : []),
  ].join('\n');
}

const inJson =
  (kind: 'emulator' | 'azure') =>
  ({ run, toldBy, createdAt, things }: FoundRun) => ({
    run,
    toldBy,
    createdAt: createdAt ?? null,
    things: things.map(({ thing, createdAt }: FoundThing) => ({
      ...thing,
      target: { ...thing.target, kind },
      createdAt: createdAt ?? null,
    })),
  });
