import { Command } from 'commander';
import { DabookError } from '../errors.ts';
import type { Io } from './io.ts';
import { sourceOption } from './source-option.ts';
import type { TrustFlags } from './trust.ts';

type Given = Partial<Pick<TrustFlags, 'inventory'>> & Omit<TrustFlags, 'inventory'>;

/** `dabook trust`: gets to know the host keys of an inventory. */
export function trustCommand(io: Io, done: (status: number) => void): Command {
  return new Command('trust')
    .description(
      'Collect the host keys of an inventory, show them, and write those that you confirm to known_hosts.',
    )
    .usage('-i <source> [options]')
    .addOption(sourceOption())
    .option('-l, --limit <pattern>', 'only these hosts')
    .option('-y, --yes', 'trust the new ones without being asked')
    .option(
      '--replace',
      'trust those that have changed, or are of another type, too, and forget the ones before',
    )
    .option('--no-color', 'no colours')
    .helpOption('-h, --help', 'print this help')
    .addHelpText(
      'after',
      `
Nothing on the way says that a key is the host's own: compare the fingerprints with what the hosts themselves
tell (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), or with what who set them up wrote down.

Each host is decided as a whole: of one that shows a key that has changed none is trusted without --replace, of one that
shows a revoked one none at all.

A host whose keys the inventory pins (hostKey) is decided already: it is compared with what it shows, and nothing is
written for it.

They go to the known_hosts file of your ssh configuration (UserKnownHostsFile). Hosts behind a jump host are
asked once that one is trusted, through it: dabook logs in there as ssh would.

Exit status: 0 all hosts are known, 1 a key has changed (or is of another type, with --yes), is revoked, is not the pinned
one, or stays trusted in a file that cannot be written, 3 there are keys to confirm, and nobody to ask, 4 a host cannot be reached.`,
    )
    .action(async ({ inventory, ...flags }: Given) => {
      if (inventory === undefined) {
        throw new DabookError('usage', 'the inventory (-i) must be given: dabook trust -i hosts.yml', {
          hint: 'see: dabook trust --help',
        });
      }
      const { trust } = await import('./trust.ts');
      done(await trust(io, { ...flags, inventory }));
    });
}
