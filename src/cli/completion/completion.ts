/** Prints the function by which a shell completes command lines of enrollkit. */
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { outputFlags } from '../kernel/common-flags.js';

const { cliCompletion: text } = sentences;

/** The shells, and their files in templates/completions/. */
const scripts = {
  bash: 'enrollkit.bash',
  zsh: '_enrollkit',
  fish: 'enrollkit.fish',
  powershell: 'enrollkit.ps1',
} as const;
export const shells = Object.keys(scripts) as (keyof typeof scripts)[];

export const completion = defineCommand({
  description: text.description,
  args: { shell: { summary: text.shell(shells), completes: shells } },
  flags: outputFlags,
  examples: [
    { line: 'completion bash >> ~/.bashrc', summary: text.bashExample },
    { line: 'completion zsh > ~/.zfunc/_enrollkit', summary: text.zshExample },
    { line: 'completion fish > ~/.config/fish/completions/enrollkit.fish', summary: text.fishExample },
    { line: 'completion powershell >> $PROFILE', summary: text.powershellExample },
  ],
  async run({ args }, { output }) {
    const shell = shells.find((name) => name === args.shell);
    if (shell === undefined) {
      throw new EnrollkitError('USAGE', text.unknown(args.shell), { next: text.choose(shells) });
    }
    const { readFileSync } = await import('node:fs');
    const { packageFile } = await import('../../package-files.js');
    const script = readFileSync(packageFile(`templates/completions/${scripts[shell]}`), 'utf8');
    if (output.json) output.value({ shell, script });
    else output.data(script.trimEnd());
  },
});
