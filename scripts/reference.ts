/** Writes the reference in docs/ from the tables of the code: npm run reference. A test says when it is stale. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { commands } from '../src/cli/command-table.js';
import type { CommandEntry, Declaration } from '../src/cli/kernel/command.js';
import { environmentVariables } from '../src/cli/kernel/environment.js';
import type { Flag } from '../src/cli/kernel/flags.js';
import { exitStatusSummaries } from '../src/cli/kernel/help.js';
import { type ErrorCode, errorTable, exitStatus, nextStep } from '../src/errors.js';
import { type Field, planFields } from '../src/quickstart/plan/fields.js';

const project = fileURLToPath(new URL('..', import.meta.url));

/** A Markdown table; a `|` in a cell is escaped. */
function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = rows.map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')));
  return [heading, heading.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const code = (text: string) => `\`${text}\``;

/** Flags that every command explains in the same words; the page has them once. */
const commonFlags = ['json', 'verbose', 'no-color', 'lang'];

function flagRow([name, flag]: [string, Flag]): string[] {
  const value = flag.kind === 'switch' ? '' : ` ${flag.placeholder}`;
  const negated = flag.kind === 'switch' && flag.negatable ? `, ${code(`--no-${name}`)}` : '';
  const choices =
    flag.kind !== 'switch' && flag.choices ? ` (${flag.choices.map((one) => code(one)).join(', ')})` : '';
  return [`${code(`--${name}${value}`)}${negated}`, `${flag.summary}${choices}`];
}

function commandSection(
  { name, summary }: CommandEntry,
  { description, args, flags, examples }: Declaration,
) {
  const argumentList = Object.entries(args ?? {});
  const usage = argumentList.map(([argument, { optional, variadic }]) => {
    const shown = `<${argument}>${variadic ? '...' : ''}`;
    return optional ? ` [${shown}]` : ` ${shown}`;
  });
  const own = Object.entries(flags).filter(([flag]) => !commonFlags.includes(flag));
  const rows = [
    ...argumentList.map(([argument, { summary }]) => [code(`<${argument}>`), summary]),
    ...own.map(flagRow),
  ];
  const common = commonFlags.filter((flag) => flag in flags).map((flag) => code(`--${flag}`));
  return [
    `## ${name}`,
    code(`enrollkit ${name}${usage.join('')} [options]`),
    description ?? `${summary}.`,
    ...(rows.length === 0 ? [] : [table(['argument or flag', 'meaning'], rows)]),
    ...(common.length === 0 ? [] : [`Also ${common.join(', ')}.`]),
    `Examples:\n\n${examples.map(({ line, summary }) => `- ${code(`enrollkit ${line}`)}: ${summary}`).join('\n')}`,
  ].join('\n\n');
}

async function commandsText(): Promise<string> {
  const sections = await Promise.all(
    commands.map(async (entry) => ({ entry, declared: await entry.load() })),
  );
  const common = commonFlags.flatMap((name) => {
    const declared = sections.find(({ declared }) => name in declared.flags)?.declared.flags[name];
    return declared === undefined ? [] : [flagRow([name, declared])];
  });
  return `# Commands

Written by \`npm run reference\` from the command table. \`enrollkit COMMAND --help\` shows the same in the terminal.
Exit statuses and error codes are in [errors.md](errors.md). Flags of many commands:

${table(['flag', 'meaning'], common)}

${sections.map(({ entry, declared }) => commandSection(entry, declared)).join('\n\n')}
`;
}

/** What a field of a plan takes. */
function valuesOf(field: Field): string {
  if (field.kind === 'choice') return Object.keys(field.choices).map(code).join(', ');
  if (field.kind === 'switch') return '`true`, `false`';
  if (field.kind === 'number') return `${field.minimum} to ${field.maximum}`;
  if (field.kind === 'list') return 'a list of texts';
  if (field.kind === 'twin') return 'an initial twin: `tags`, `properties.desired`';
  return field.kind === 'devices' ? 'an object by registration ID' : 'a text';
}

function planText(): string {
  const rows = Object.entries(planFields as Record<string, Field>).map(([name, field]) => [
    code(name),
    valuesOf(field),
    field.default === undefined ? '' : code(JSON.stringify(field.default)),
    code(`--${field.flag.name}`),
    `${field.flag.summary}${field.description ? `. ${field.description}` : ''}`,
  ]);
  return `# Plan

Written by \`npm run reference\` from the table of fields. A plan is a JSON file without secrets or paths: the wizard and
\`quickstart\` save it as \`.enrollkit/plan.json\` in the certificate folder, and \`quickstart --plan FILE\` runs it again. A dot
in a name is a level of the file: \`devices.count\` is \`{ "devices": { "count": 3 } }\`. Fields that are left out have their
defaults. Flags override the file. The schema is \`templates/plan.schema.json\`; an error names the line and the column.

${table(['field', 'values', 'default', 'flag', 'meaning'], rows)}
`;
}

interface ProfileFile {
  role: string;
  summary: string;
  validityDays: number;
  basicConstraints: { certificateAuthority: boolean; pathLength?: number };
  keyUsage: string[];
  additionalKeyUsageForRsa?: string[];
  extendedKeyUsage?: string[];
}

interface Schema {
  description?: string;
  properties?: Record<string, Schema>;
}

function profilesText(): string {
  const folder = join(project, 'templates/profiles');
  const names = readdirSync(folder).filter((name) => name.endsWith('.json') && !name.includes('schema'));
  const rows = names.map((name) => {
    const file: ProfileFile = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    const { certificateAuthority, pathLength } = file.basicConstraints;
    const path = pathLength === undefined ? '' : `, path length ${pathLength}`;
    const forRsa = file.additionalKeyUsageForRsa?.map((usage) => `${usage} (RSA)`) ?? [];
    return [
      ...[code(file.role), file.summary, `${file.validityDays} days`],
      certificateAuthority ? `yes${path}` : 'no',
      [...file.keyUsage, ...forRsa].join(', '),
      file.extendedKeyUsage?.join(', ') ?? '',
    ];
  });
  const schema: Schema = JSON.parse(readFileSync(join(folder, 'profile.schema.json'), 'utf8'));
  const fields = (of: Schema, prefix = ''): string[][] =>
    Object.entries(of.properties ?? {})
      .filter(([name]) => name !== '$schema')
      .flatMap(([name, one]) => [
        [code(`${prefix}${name}`), one.description ?? ''],
        ...fields(one, `${prefix}${name}.`),
      ]);
  return `# Profiles

Written by \`npm run reference\` from \`templates/profiles\`. A profile says what a certificate contains apart from its names
and its key. To use another one, copy a file, change it, and pass it with \`--profile FILE\`. Errors are reported as
\`file:line:column\`.

${table(['role', 'for', 'validity', 'CA', 'key usage', 'extended key usage'], rows)}

## Fields

The schema is \`templates/profiles/profile.schema.json\`.

${table(['field', 'meaning'], fields(schema))}
`;
}

function errorsText(): string {
  const statuses = Object.entries(exitStatus).map(([name, status]) => [
    String(status),
    exitStatusSummaries[name as keyof typeof exitStatus],
  ]);
  const codes = Object.entries(errorTable).map(([name, { exit, ...rest }]) => [
    code(name),
    String(exit),
    'retryable' in rest ? 'yes' : '',
    nextStep(name as ErrorCode),
  ]);
  const variables = Object.entries(environmentVariables).map(([name, summary]) => [code(name), summary]);
  return `# Exit statuses, error codes, environment

Written by \`npm run reference\` from the tables of the code.

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

${table(['status', 'meaning'], statuses)}

## Error codes

"Again" says whether the very same command may succeed later.

${table(['code', 'status', 'again', 'what to do next, unless the error says something more precise'], codes)}

## Environment variables

${table(['name', 'meaning'], variables)}
`;
}

/** The parts of the library, by the file that exports them. */
const parts = {
  'enrollkit/pki': 'src/pki/index.ts',
  'enrollkit/emulator': 'src/emulator/index.ts',
  enrollkit: 'src/index.ts',
  'enrollkit/fleet': 'src/fleet/index.ts',
};

interface Exported {
  isType: boolean;
  sentence: string;
}

const sources = new Map<string, ts.SourceFile>();
function sourceOf(path: string): ts.SourceFile {
  const known = sources.get(path);
  if (known !== undefined) return known;
  const parsed = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2022, true);
  sources.set(path, parsed);
  return parsed;
}

const resolved = (from: string, specifier: ts.Expression | undefined) =>
  join(dirname(from), (specifier as ts.StringLiteral).text.replace(/\.js$/, '.ts'));

/** The file and the name under which something is declared or passed on, and whether it is exported as a type only. */
type Place = [path: string, name: string, isType?: boolean];

/** Every export of a file by its name. */
function exportsOf(path: string): Map<string, Place> {
  const found = new Map<string, Place>();
  for (const statement of sourceOf(path).statements) {
    if (!ts.isExportDeclaration(statement)) continue;
    const from = statement.moduleSpecifier ? resolved(path, statement.moduleSpecifier) : path;
    if (statement.exportClause === undefined) {
      for (const [name, place] of exportsOf(from)) found.set(name, place);
    } else if (ts.isNamedExports(statement.exportClause)) {
      for (const { name, propertyName, isTypeOnly } of statement.exportClause.elements) {
        found.set(name.text, [from, (propertyName ?? name).text, isTypeOnly || statement.isTypeOnly]);
      }
    }
  }
  return found;
}

/** The declaration of an export, through the files that only pass it on. */
function declarationOf([path, name, isType]: Place): Exported {
  for (const statement of sourceOf(path).statements) {
    const declared = ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.map(({ name }) => name.getText())
      : [(statement as ts.DeclarationStatement).name?.getText()];
    if (!declared.includes(name)) continue;
    const comment = ts
      .getJSDocCommentsAndTags(statement)
      .filter(ts.isJSDoc)
      .map((one) => ts.getTextOfJSDocComment(one.comment) ?? '')
      .at(-1);
    const sentence = /^[\s\S]*?(?:[.?!](?=\s|$)|$)/.exec((comment ?? '').trim())![0];
    return {
      isType: isType || ts.isTypeAliasDeclaration(statement) || ts.isInterfaceDeclaration(statement),
      sentence: sentence.replace(/\s+/g, ' ').replace(/\{@link (?:\w+\.)?(\w+)\}/g, '`$1`'),
    };
  }
  const passedOn = importOf(path, name) ?? exportsOf(path).get(name);
  if (passedOn === undefined) throw new Error(`${path} does not declare ${name}`);
  return declarationOf([passedOn[0], passedOn[1], isType]);
}

function importOf(path: string, name: string): Place | undefined {
  for (const statement of sourceOf(path).statements) {
    if (!ts.isImportDeclaration(statement)) continue;
    const named = statement.importClause?.namedBindings;
    if (named === undefined || !ts.isNamedImports(named)) continue;
    const element = named.elements.find((one) => one.name.text === name);
    if (element)
      return [resolved(path, statement.moduleSpecifier), (element.propertyName ?? element.name).text];
  }
  return undefined;
}

function exportsText(): string {
  const shown = new Set<string>();
  const sections = Object.entries(parts).map(([part, path]) => {
    const own = [...exportsOf(join(project, path))].filter(([name]) => !shown.has(name));
    for (const [name] of own) shown.add(name);
    const rows = own
      .map(([name, place]): [string, Exported] => [name, declarationOf(place)])
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const section = (title: string, types: boolean) => {
      const chosen = rows.filter(([, { isType }]) => isType === types);
      const described = chosen.filter(([, { sentence }]) => sentence !== '');
      const others = chosen.filter(([, { sentence }]) => sentence === '').map(([name]) => code(name));
      const also = others.length === 0 ? '' : `\n\nAlso ${others.join(', ')}.`;
      const cells = described.map(([name, { sentence }]) => [code(name), sentence]);
      return `${table([title, ''], cells)}${also}`;
    };
    return `## ${part}

${section('functions, classes and values', false)}

${section('types', true)}
`;
  });
  return `# Exports of the library

Written by \`npm run reference\` from the docstrings; your editor shows all of them, with parameters, units and errors.
\`enrollkit\` also exports everything of \`enrollkit/pki\` and \`enrollkit/emulator\`. [library.md](library.md) has examples.

${sections.join('\n')}`;
}

/** The text of each page of the reference, by its path. */
export const referencePages: Readonly<Record<string, () => string | Promise<string>>> = {
  'docs/commands.md': commandsText,
  'docs/plan.md': planText,
  'docs/profiles.md': profilesText,
  'docs/errors.md': errorsText,
  'docs/library-exports.md': exportsText,
};

if (import.meta.url === `file://${process.argv[1]}`) {
  for (const [path, text] of Object.entries(referencePages)) {
    writeFileSync(join(project, path), await text());
  }
}
