import { Command, Option } from 'commander';
import { DabookError } from '../errors.ts';
import { exitStatus, type Io } from './io.ts';
import type { Shown } from './show-inventory.ts';
import { sourceOption } from './source-option.ts';

type Given = Partial<Pick<Shown, 'inventory'>> & Omit<Shown, 'inventory'>;

/** `dabook inventory`: shows what an inventory says, connecting to nothing. */
export function inventoryCommand(io: Io, done: (status: number) => void): Command {
  return new Command('inventory')
    .description('Show the hosts and groups of an inventory. Nothing is connected to.')
    .usage('-i <source> [options]')
    .argument('[source]')
    .addOption(sourceOption())
    .addOption(new Option('--list', 'everything as JSON (the default)').conflicts(['graph', 'host']))
    .addOption(new Option('--graph', 'groups and hosts as a tree').conflicts('host'))
    .option('--host <name>', "one host's variables as JSON")
    .helpOption('-h, --help', 'print this help')
    .action(async (source: string | undefined, { inventory, ...shown }: Given) => {
      if (source !== undefined || inventory === undefined) throw withoutOption(source);
      if (shown.host === '') throw new DabookError('usage', '--host needs the name of a host', { hint: see });
      // Loaded here: help and version start without what reads YAML.
      const { showInventory } = await import('./show-inventory.ts');
      await showInventory(io, { ...shown, inventory });
      done(exitStatus.ok);
    });
}

const see = 'see: dabook inventory --help';

function withoutOption(source = 'hosts.yml'): DabookError {
  const message = `the inventory is given with -i: dabook inventory -i ${source}`;
  return new DabookError('usage', message, { hint: see });
}
