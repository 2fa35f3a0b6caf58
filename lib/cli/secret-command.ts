import { Command } from 'commander';
import { exitStatus, type Io } from './io.ts';
import type { RecipientFlags } from './secret-files.ts';
import { addIdentityOption, type SecretFlags } from './secret-options.ts';
import { collect } from './source-option.ts';

/** `dabook secret`: files of variables that are encrypted with age. */
export function secretCommand(io: Io, done: (status: number) => void): Command {
  const group = new Command('secret')
    .description('Encrypt, view and edit files of variables, with age.')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText(
      'after',
      `
Examples:
  dabook secret keygen                                   make an identity, print its recipient
  dabook secret encrypt group_vars/all/secrets.yml -r age1…    makes secrets.yml.age of it
  dabook secret edit group_vars/all/secrets.yml.age
  dabook secret rekey group_vars/all/*.age               after a change of .age-recipients

A file NAME.yml.age is read wherever a file of variables may be: in group_vars and host_vars, and as -e @NAME.yml.age.
For whom files are encrypted stands in .age-recipients, one recipient a line, in their folder or in one above it.
Identities are given with --identity FILE or DABOOK_IDENTITY, or kept in ~/.config/dabook/identity.txt.`,
    );
  const command = (name: string, about: string) =>
    group.command(name).description(about).helpOption('-h, --help', 'print this help');

  addRecipientOptions(command('encrypt', 'Encrypt files: FILE becomes FILE.age, and FILE is removed.'))
    .argument('<file...>')
    .action(async (files: readonly string[], flags: RecipientFlags) => {
      const { encryptFiles } = await import('./secret-encrypt.ts');
      await encryptFiles(io, files, flags);
      done(exitStatus.ok);
    });
  addIdentityOption(command('view', 'Print what is in an encrypted file.'))
    .argument('<file>')
    .action(async (file: string, flags: SecretFlags) => {
      const { viewFile } = await import('./secret-view.ts');
      await viewFile(io, file, flags);
      done(exitStatus.ok);
    });
  addRecipientOptions(
    addIdentityOption(command('edit', 'Edit an encrypted file, or make one, with $VISUAL or $EDITOR.')),
  )
    .argument('<file>')
    .action(async (file: string, flags: SecretFlags & RecipientFlags) => {
      const { editFile } = await import('./secret-edit.ts');
      await editFile(io, file, flags);
      done(exitStatus.ok);
    });
  addIdentityOption(command('rekey', 'Encrypt files anew, for those whom .age-recipients names now.'))
    .argument('<file...>')
    .action(async (files: readonly string[], flags: SecretFlags) => {
      const { rekeyFiles } = await import('./secret-rekey.ts');
      await rekeyFiles(io, files, flags);
      done(exitStatus.ok);
    });
  command('keygen', 'Make an identity, and print its recipient.')
    .argument('[file]', 'where it is kept; ~/.config/dabook/identity.txt by default')
    .action(async (file: string | undefined) => {
      const { makeIdentity } = await import('./secret-keygen.ts');
      await makeIdentity(io, file);
      done(exitStatus.ok);
    });
  return group;
}

function addRecipientOptions(command: Command): Command {
  return command
    .option(
      '-r, --recipient <recipient>',
      'for whom, where no .age-recipients says it; may be given again',
      collect,
    )
    .option('-R, --recipients-file <file>', 'a file of recipients, one a line; may be given again', collect);
}
