import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import { environmentVariables } from '../../src/cli/kernel/environment.js';
import { exitStatusSummaries } from '../../src/cli/kernel/help.js';
import { type ErrorCode, errorTable, exitStatus, nextStep } from '../../src/errors.js';

const document = new URL('../../docs/errors.md', import.meta.url);

/** The document that belongs to the tables; `UPDATE_DOCS=1` writes it. */
function documentText(): string {
  const rows = (heading: string[], lines: string[][]) =>
    [heading, heading.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  const statuses = Object.entries(exitStatus).map(([name, status]) => [
    String(status),
    exitStatusSummaries[name as keyof typeof exitStatus],
  ]);
  const codes = Object.entries(errorTable).map(([code, { exit, ...rest }]) => [
    `\`${code}\``,
    String(exit),
    'retryable' in rest ? 'yes' : '',
    nextStep(code as ErrorCode).replaceAll('|', '\\|'),
  ]);
  const variables = Object.entries(environmentVariables).map(([name, summary]) => [`\`${name}\``, summary]);
  return `# Exit statuses, error codes, environment

Errors are printed to standard error: what happened, what to do next, and the command that explains the code. Between the
first two, the likely causes are listed, unless the error names the cause itself:

\`\`\`
error: ca/key.pem: The passphrase does not decrypt the private key.

Possible causes, most likely first:
  1. a mistyped or outdated passphrase (try it: openssl pkey -in key.pem -noout)
  2. a space at the end of the line in the passphrase file (head -n 1 FILE | od -c)

next: Use the passphrase that the key was encrypted with (ENROLLKIT_PASSPHRASE or --passphrase-file FILE).

Learn more: enrollkit explain WRONG_PASSPHRASE
\`\`\`

With \`--json\`, standard output has one object: \`{ "error": { "code", "message", "next", "exitStatus", "context",
"explanation" } }\`. \`context\` names what it is about. \`explanation\` is what
\`enrollkit explain CODE --json\` prints (\`{ "code", "meaning", "causes", "next" }\`): for the code of a service, of TLS or of
a connection if the error carries one, and for the error’s own code otherwise. With \`--verbose\`, standard
error also has the stack trace. In the library, the same is thrown as an \`EnrollkitError\`.

Exit statuses and codes are API: they do not change their meaning.

## Exit statuses

${rows(['status', 'meaning'], statuses)}

## Error codes

"Again" says whether the very same command may succeed later.

${rows(['code', 'status', 'again', 'what to do next, unless the error says something more precise'], codes)}

## Environment variables

${rows(['name', 'meaning'], variables)}
`;
}

test('docs/errors.md is the tables of the program', () => {
  if (process.env.UPDATE_DOCS) writeFileSync(document, documentText());
  assert.equal(readFileSync(document, 'utf8'), documentText());
});

test('every exit status has a meaning', () => {
  assert.deepEqual(Object.keys(exitStatusSummaries).sort(), Object.keys(exitStatus).sort());
});

test.run();
