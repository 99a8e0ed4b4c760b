import { EnrollkitError } from '../../errors.js';
import { defineCommand } from '../kernel/command.js';
import { outputFlags } from '../kernel/common-flags.js';

export const explain = defineCommand({
  description:
    'Explains a code: what it means, its causes with the likeliest first, how to tell which it is, and what to do. Takes codes of DPS, Azure Resource Manager and IoT Hub, HTTP statuses, TLS alerts by number or name, Node.js, MQTT and AMQP codes of connections, and the error codes of enrollkit.',
  args: { code: { summary: 'a number or a name', variadic: true } },
  flags: outputFlags,
  examples: [
    { line: 'explain 401002', summary: 'an error code of DPS' },
    { line: 'explain unknown_ca --json', summary: 'a TLS alert, as JSON' },
    { line: 'explain DEVICE_NOT_AUTHORIZED', summary: 'an error code of enrollkit' },
  ],
  async run({ args }, { output }) {
    const { explainCode, explanationDocument, kindNames, nearestCodes } = await import(
      '../../explanations/explain.js'
    );
    const { pageWidth, printable, truncate, wrap } = await import('../terminal/text.js');
    const asked = args.code.join(' ');
    const found = explainCode(asked);
    if (!found) {
      const nearest = nearestCodes(asked);
      throw new EnrollkitError('USAGE', `"${truncate(printable(asked), 60)}" is not a known code.`, {
        next: `The nearest are: ${nearest.join(', ')}.`,
        context: { nearest },
      });
    }
    if (output.json) return output.value(explanationDocument(found));
    const { bold, dim } = output.dataStyle;
    const number = found.number === undefined ? '' : ` ${found.number}`;
    const lines = [
      `${bold(found.code)} ${dim(`(${kindNames[found.kind]}${number})`)}`,
      wrap(found.meaning, pageWidth),
      '',
      bold(found.causes.length > 1 ? 'Causes, the likeliest first' : 'Cause'),
      ...found.causes.flatMap(({ cause, check }, index) => [
        wrap(`${index + 1}. ${cause}`, pageWidth, '  ').replaceAll(/\n {2}/g, '\n     '),
        dim(wrap(`To check: ${check}`, pageWidth, '     ')),
      ]),
      '',
      bold('What to do'),
      wrap(found.next, pageWidth, '  '),
      ...(found.related.length > 0
        ? [
            '',
            wrap(
              `The same number has another meaning: enrollkit explain ${found.related.join(', ')}`,
              pageWidth,
            ),
          ]
        : []),
    ];
    output.result('explain', lines.join('\n'));
  },
});
