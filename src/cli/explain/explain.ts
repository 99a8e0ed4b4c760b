import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { outputFlags } from '../kernel/common-flags.js';

export const explain = defineCommand({
  description: sentences.cliExplain.description,
  args: { code: { summary: sentences.cliExplain.code, variadic: true, completes: 'codes' } },
  flags: outputFlags,
  examples: [
    { line: 'explain 401002', summary: sentences.cliExplain.dpsExample },
    { line: 'explain unknown_ca --json', summary: sentences.cliExplain.tlsExample },
    { line: 'explain DEVICE_NOT_AUTHORIZED', summary: sentences.cliExplain.ownExample },
  ],
  async run({ args }, { output }) {
    const { explainCode, explanationDocument, nearestCodes } = await import('../../explanations/explain.js');
    const { pageWidth, printable, truncate, wrap } = await import('../terminal/text.js');
    const asked = args.code.join(' ');
    const found = explainCode(asked);
    if (!found) {
      const nearest = nearestCodes(asked);
      throw new EnrollkitError('USAGE', sentences.cliExplain.unknown(truncate(printable(asked), 60)), {
        next: nearest.length > 0 ? sentences.cliExplain.nearest(nearest) : sentences.cliExplain.noneNear,
        context: { nearest },
      });
    }
    if (output.json) return output.value(explanationDocument(found));
    const { bold, dim } = output.dataStyle;
    const number = found.number === undefined ? '' : ` ${found.number}`;
    const lines = [
      `${bold(found.code)} ${dim(`(${sentences.explanations.kinds[found.kind]}${number})`)}`,
      wrap(found.meaning, pageWidth),
      '',
      bold(sentences.cliExplain.causes(found.causes.length)),
      ...found.causes.flatMap(({ cause, check }, index) => [
        wrap(`${index + 1}. ${cause}`, pageWidth, '  ').replaceAll(/\n {2}/g, '\n     '),
        dim(wrap(sentences.cliExplain.check(check), pageWidth, '     ')),
      ]),
      '',
      bold(sentences.cliExplain.whatToDo),
      wrap(found.next, pageWidth, '  '),
      ...(found.related.length > 0
        ? ['', wrap(sentences.cliExplain.related(`enrollkit explain ${found.related.join(', ')}`), pageWidth)]
        : []),
    ];
    output.result('explain', lines.join('\n'));
  },
});
