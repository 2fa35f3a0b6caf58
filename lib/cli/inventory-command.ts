import { Command } from 'commander';
import { showGraph } from '../inventory/show-graph.ts';
import { showHost } from '../inventory/show-host.ts';
import { showList } from '../inventory/show-list.ts';
import { readInventory } from './inventory-options.ts';
import { exitStatus, type Io } from './io.ts';
import { collect } from './run-command.ts';

interface Flags {
  readonly inventory: readonly string[];
  readonly list?: true;
  readonly graph?: true;
  readonly host?: string;
}

/** `dabook inventory`: shows what an inventory says, connecting to nothing. */
export function inventoryCommand(io: Io, done: (status: number) => void): Command {
  return new Command('inventory')
    .description('Show the hosts and groups of an inventory. Nothing is connected to.')
    .requiredOption(
      '-i, --inventory <source>',
      'YAML file, folder, .ts file or list "a,b,"; may be given again',
      collect,
    )
    .option('--list', 'everything as JSON (the default)')
    .option('--graph', 'groups and hosts as a tree')
    .option('--host <name>', "one host's variables as JSON")
    .action(async (flags: Flags) => {
      const inventory = await readInventory(io, flags);
      const text = flags.host
        ? showHost(inventory, flags.host)
        : flags.graph
          ? showGraph(inventory)
          : showList(inventory);
      io.stdout.write(`${text.trimEnd()}\n`);
      done(exitStatus.ok);
    });
}
