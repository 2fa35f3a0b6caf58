import { Command, Option } from 'commander';
import { DabookError } from '../errors.ts';
import { showGraph } from '../inventory/show-graph.ts';
import { showHost } from '../inventory/show-host.ts';
import { showList } from '../inventory/show-list.ts';
import { readInventory, sourceOption } from './inventory-options.ts';
import { exitStatus, type Io } from './io.ts';
import { withCache } from './with-cache.ts';

interface Flags {
  readonly inventory?: readonly string[];
  readonly list?: true;
  readonly graph?: true;
  readonly host?: string;
}

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
    .action(async (source: string | undefined, { inventory, graph, host }: Flags) => {
      if (source !== undefined || inventory === undefined) throw withoutOption(source);
      if (host === '') throw new DabookError('usage', '--host needs the name of a host', { hint: see });
      const loaded = await withCache(io, (cache) => readInventory(io, { inventory }, cache));
      const text = host ? showHost(loaded, host) : graph ? showGraph(loaded) : showList(loaded);
      io.stdout.write(`${text.trimEnd()}\n`);
      done(exitStatus.ok);
    });
}

const see = 'see: dabook inventory --help';

function withoutOption(source = 'hosts.yml'): DabookError {
  const message = `the inventory is given with -i: dabook inventory -i ${source}`;
  return new DabookError('usage', message, { hint: see });
}
