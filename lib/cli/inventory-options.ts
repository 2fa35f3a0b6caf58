import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { DabookError } from '../errors.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { loadInventory } from '../inventory/load-inventory.ts';
import { createImporter, type ImportModule } from '../load/import-module.ts';
import type { Secret } from '../secret.ts';
import { cacheDir } from './cache-dir.ts';
import type { Io } from './io.ts';

/** What the command line says of the inventory. */
export interface InventoryOptions {
  readonly inventory: readonly string[];
  readonly user?: string | undefined;
  readonly privateKey?: string | undefined;
  readonly become?: boolean | undefined;
  readonly becomePassword?: Secret | undefined;
  readonly playbook?: string | undefined;
}

/** The importer of the user's TypeScript, with its cache in the user's own folder. */
export async function importerFor(io: Io): Promise<ImportModule> {
  return createImporter(await cacheDir(io.env, homeOf(io)));
}

/** The user's home folder. */
export function homeOf(io: Io): string {
  return io.env.HOME ?? homedir();
}

/**
 * Loads the inventory; its warnings go to stderr.
 * @throws DabookError `inventory` with all its faults
 */
export async function readInventory(io: Io, options: InventoryOptions): Promise<Inventory> {
  const { inventory: sources, user, privateKey, become, becomePassword, playbook } = options;
  const cwd = io.cwd();
  const { inventory, faults, warnings } = await loadInventory(sources, {
    cwd,
    importModule: async (path) => (await importerFor(io))(path),
    overrides: { user, privateKeyFile: privateKey, become },
    becomePassword,
    playbookDir: playbook === undefined ? undefined : dirname(resolve(cwd, playbook)),
  });
  for (const warning of warnings) io.stderr.write(`dabook: warning: ${warning}\n`);
  if (faults.length > 0) throw new DabookError('inventory', 'the inventory cannot be used', { faults });
  return inventory;
}
