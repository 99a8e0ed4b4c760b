/** Reads certificates and draws who signed whom, in one of several formats. */
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { withPassphrase } from '../input/passphrase.js';
import type { FlagsOf, RunOf } from '../kernel/command.js';
import { defaultFolder } from '../kernel/common-flags.js';
import { readTree } from '../pictures/certificate-tree/read-tree.js';
import { treePicture } from '../pictures/certificate-tree/svg.js';
import { summaryText } from '../pictures/certificate-tree/words.js';
import { svgFile } from '../pictures/svg.js';
import { showsUnicode } from '../terminal/symbols.js';
import { wrap } from '../terminal/text.js';
import { treeHtml } from './tree/html.js';
import { treeJson } from './tree/json.js';
import { treeMermaid } from './tree/mermaid.js';
import { treeText } from './tree/text.js';
import type { certTree } from './tree.js';

/** @throws EnrollkitError USAGE for two formats; of a file or folder that was given */
export const run: RunOf<typeof certTree> = async ({ args, flags }, context) => {
  const { output, env } = context;
  const format = formatOf(flags);
  const paths = args.path.length > 0 ? args.path : [defaultFolder];
  const tree = await withPassphrase(flags, context, (opening) => readTree(paths, opening));
  const at = flags.at ?? context.now();
  const { unreadable, locked, journalProblems } = tree;
  for (const problem of journalProblems) output.note('cert.tree.journal', problem);
  const { forest, complete } = tree.at({ at, within: flags.within });
  const time = `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  if (format === 'json') {
    return output.value({
      at: at.toISOString(),
      complete,
      certificates: treeJson(forest),
      unreadable,
      locked,
    });
  }
  const remarks = [
    ...(locked.length > 0 ? [sentences.cliCert.tree.locked(locked.length)] : []),
    ...(complete ? [] : [sentences.cliCert.tree.incomplete]),
  ];
  if (format === 'html') return output.data(treeHtml(forest, { time, unreadable, remarks }));
  const fit = (text: string) => (output.stderr.isTTY ? wrap(text, output.width) : text);
  for (const remark of remarks) output.note('cert.tree.remark', fit(remark));
  // The message names the file.
  for (const { message } of unreadable) output.note('cert.tree.unreadable', fit(message));
  if (format === 'mermaid') return output.data(treeMermaid(forest));
  if (format === 'svg') return output.data(svgFile(treePicture(forest, time)));
  const { stdout, dataStyle: style } = output;
  const isTerminal = stdout.isTTY === true;
  const unicode = isTerminal && showsUnicode(env);
  const text = treeText(forest, { width: isTerminal ? stdout.columns || 80 : undefined, unicode, style });
  output.data(`${text}${text === '' ? '' : '\n\n'}${summaryText(forest.nodes)}`);
};

type Format = 'text' | 'json' | 'mermaid' | 'svg' | 'html';

function formatOf(flags: FlagsOf<typeof certTree>): Format {
  const [format = 'text', ...more] = (['json', 'mermaid', 'svg', 'html'] as const).filter(
    (one) => flags[one] === true,
  );
  if (more.length === 0) return format;
  const { oneFormat, chooseFormat } = sentences.cliCert.tree;
  throw new EnrollkitError('USAGE', oneFormat([format, ...more].map((one) => `--${one}`)), {
    next: chooseFormat,
  });
}
