/**
 * Puts the figures of bench/results into the documents, between `<!-- bench NAME -->` and `<!-- end -->`: npm run figures.
 * A test says when they differ.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type BenchResult, lineText, resultFile } from '../bench/report.js';

/** The documents that have figures. */
export const documentsWithFigures = ['docs/performance.md', 'docs/emulator.md', 'docs/fleet.md'];

function figures(name: string): string {
  if (!existsSync(resultFile(name))) throw new Error(`There is no ${resultFile(name).pathname}.`);
  const result: BenchResult = JSON.parse(readFileSync(resultFile(name), 'utf8'));
  const { command, node, cores, loadBefore, copiedFrom, date, lines } = result;
  const circumstances = [
    ...[`\`${command}\``, date, `${cores} cores`],
    ...(node === undefined ? [] : [`Node.js ${node}`]),
    ...(loadBefore === undefined ? [] : [`load average ${loadBefore} before`]),
    ...(copiedFrom === undefined ? [] : [`as documented earlier in ${copiedFrom}`]),
  ];
  return `${circumstances.join(', ')}:

\`\`\`text
${lines.map(lineText).join('\n')}
\`\`\`
`;
}

/** A document with the figures of the result files. */
export function withFigures(text: string): string {
  return text.replace(
    /(<!-- bench ([\w-]+) -->\n)[\s\S]*?(?=<!-- end -->)/g,
    (_, begin: string, name: string) => `${begin}${figures(name)}`,
  );
}

if (import.meta.url === `file://${process.argv[1]}`) {
  for (const path of documentsWithFigures) {
    const document = new URL(`../${path}`, import.meta.url);
    writeFileSync(document, withFigures(readFileSync(document, 'utf8')));
  }
}
