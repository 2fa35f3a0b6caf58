import type { Command } from 'commander';
import { collect } from './source-option.ts';

/** What opens encrypted files and values, as it was given. */
export interface SecretFlags {
  readonly vaultPasswordFile?: readonly string[];
  readonly askVaultPass?: true;
  readonly identity?: readonly string[];
}

/** Adds the options for what opens encrypted files and values to a command. */
export function addSecretOptions(command: Command): Command {
  return addIdentityOption(command)
    .option(
      '--vault-password-file <file>',
      'password of ansible-vault, or a program that prints it; may be given again',
      collect,
    )
    .option('--ask-vault-pass', 'ask for the password of ansible-vault');
}

/** Adds `--identity` to a command. */
export function addIdentityOption(command: Command): Command {
  return command.option(
    '--identity <file>',
    'identity of age that opens .age files, - for none; may be given again',
    collect,
  );
}
