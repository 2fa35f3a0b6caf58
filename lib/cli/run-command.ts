import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import type { ExtraVars } from '../bind.ts';
import { DabookError } from '../errors.ts';
import { readExtraVars } from '../inventory/extra-vars.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { selectHosts } from '../inventory/select-hosts.ts';
import { checkTypes } from '../load/check-types.ts';
import { loadPlaybook } from '../load/load-playbook.ts';
import type { Playbook } from '../playbook.ts';
import { run } from '../run.ts';
import { createView } from '../views/create-view.ts';
import { safeView } from '../views/safe-view.ts';
import { askPassword } from './ask-password.ts';
import { cacheDir } from './cache-dir.ts';
import { connector } from './connector.ts';
import { untilInterrupted } from './interrupt.ts';
import { homeOf, importerFor, readInventory } from './inventory-options.ts';
import { exitStatus, type Io } from './io.ts';

interface Flags {
  readonly inventory: readonly string[];
  readonly check?: true;
  readonly diff?: true;
  readonly limit?: string;
  readonly extraVars: readonly string[];
  readonly forks: number;
  readonly user?: string;
  readonly privateKey?: string;
  readonly become?: true;
  readonly askBecomePass?: true;
  readonly verbose: number;
  readonly json?: true;
  readonly color: boolean;
  readonly typeCheck: boolean;
}

/** `dabook run`: a playbook against an inventory. */
export function runCommand(io: Io, done: (status: number) => void): Command {
  return new Command('run')
    .description('Run a playbook against an inventory.')
    .argument('<playbook>', 'a TypeScript (or JavaScript) file whose default export is a playbook')
    .requiredOption(
      '-i, --inventory <source>',
      'YAML file, folder, .ts file or list "a,b,"; may be given again',
      collect,
    )
    .option('-C, --check', 'show what would change; change nothing')
    .option('-D, --diff', 'show every change in full')
    .option('-l, --limit <pattern>', 'change only these hosts; others are read at most')
    .option(
      '-e, --extra-vars <vars>',
      'variables: k=v, or @file (YAML or JSON); may be given again',
      collect,
      [],
    )
    .option('-f, --forks <n>', 'hosts served at once', positive, 50)
    .option('-u, --user <name>', 'user to log in as, where the inventory names none')
    .option('--private-key <file>', 'key to log in with, where the inventory names none')
    .option('-b, --become', 'run commands as root, through sudo')
    .option('-K, --ask-become-pass', 'ask for the sudo password')
    .option(
      '-v, --verbose',
      'tell more: -v steps, -vv every command',
      (_value, before: number) => before + 1,
      0,
    )
    .option('--json', 'one event a line, as JSON')
    .option('--no-color', 'no colours')
    .option('--no-type-check', 'do not check the types of the playbook first')
    .action(async (playbook: string, flags: Flags) => done(await runPlaybook(io, playbook, flags)));
}

/** Collects an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function positive(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('give a whole number from 1.');
}

async function runPlaybook(io: Io, file: string, flags: Flags): Promise<number> {
  const cwd = io.cwd();
  const path = resolve(cwd, file);
  if (!existsSync(path)) throw new DabookError('usage', `there is no playbook ${file}`);
  const becomePassword = flags.askBecomePass
    ? await askPassword(io, 'sudo password: ', 'sudo password')
    : undefined;
  const [playbook, inventory, extraVars] = await Promise.all([
    readPlaybook(io, path, flags.typeCheck),
    readInventory(io, { ...flags, becomePassword, playbook: path }),
    readVars(flags.extraVars),
  ]);
  return untilInterrupted(io, async (signal) => {
    const view = await openView(io, flags);
    const outcome = await run(playbook, inventory, {
      connect: connector(io),
      onEvent: (event) => view.handle(event),
      check: flags.check,
      extraVars,
      limit: limitOf(inventory, flags.limit),
      forks: flags.forks,
      signal,
      cwd,
    }).finally(() => view.end());
    return exitStatus[outcome.outcome];
  });
}

/** The type check runs beside the loading: both must be well before anything is connected to. */
async function readPlaybook(io: Io, path: string, typeCheck: boolean): Promise<Playbook> {
  const cwd = io.cwd();
  const checking = typeCheck ? checkTypes(path, await cacheDir(io.env, homeOf(io)), cwd) : [];
  const loading = importerFor(io).then((importModule) => loadPlaybook(path, importModule, cwd));
  const [checked, loaded] = await Promise.allSettled([checking, loading]);
  if (checked.status === 'fulfilled' && checked.value.length > 0) {
    throw new DabookError('playbook', 'the playbook has type errors; nothing was connected to', {
      faults: checked.value,
    });
  }
  if (loaded.status === 'rejected') throw loaded.reason;
  if (checked.status === 'rejected') throw checked.reason;
  return loaded.value;
}

async function readVars(args: readonly string[]): Promise<ExtraVars> {
  const { faults, ...extra } = await readExtraVars(args, (path) => readFile(path, 'utf8'));
  if (faults.length > 0)
    throw new DabookError('usage', 'the variables given with -e cannot be used', { faults });
  return extra;
}

function limitOf(inventory: Inventory, pattern: string | undefined): ReadonlySet<string> | undefined {
  if (pattern === undefined) return undefined;
  return new Set(selectHosts(inventory, pattern).map(({ name }) => name));
}

async function openView(io: Io, flags: Flags) {
  const out = io.stdout;
  const terminal = out.isTTY === true && io.env.TERM !== 'dumb';
  const kind = flags.json ? 'json' : terminal ? 'live' : 'plain';
  const color = flags.color && terminal && !io.env.NO_COLOR;
  const view = await createView(kind, {
    out,
    err: io.stderr,
    color,
    diff: flags.diff ?? false,
    verbosity: flags.verbose,
  });
  return safeView(view, (error) =>
    io.stderr.write(`dabook: the view failed and was dropped: ${String(error)}\n`),
  );
}
