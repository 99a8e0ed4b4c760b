import { sentences } from '../../languages/language.js';
import { secretAndOutputFlags } from '../input/certificate-flags.js';
import { parseSpan, parseTime } from '../input/time-flag.js';
import { declareCommand } from '../kernel/command.js';
import { parsedFlag, switchFlag } from '../kernel/flags.js';

const { tree: text } = sentences.cliCert;

export const certTree = declareCommand({
  description: text.description,
  args: { path: { summary: text.path, completes: 'files', variadic: true, optional: true } },
  flags: {
    at: parsedFlag({ placeholder: 'TIME', parse: parseTime, summary: sentences.cliCert.atTime }),
    within: parsedFlag({ placeholder: 'SPAN', parse: parseSpan, summary: text.within }),
    mermaid: switchFlag({ heading: text.formats, summary: text.mermaid }),
    svg: switchFlag({ heading: text.formats, summary: text.svg }),
    html: switchFlag({ heading: text.formats, summary: text.html }),
    ...secretAndOutputFlags,
  },
  examples: [
    { line: 'cert tree', summary: text.examples.folder },
    { line: 'cert tree root.pem device-042/chain.pem --within 30d', summary: text.examples.files },
    { line: 'cert tree certs --html > tree.html', summary: text.examples.html },
  ],
});
