import { dirname, resolve } from 'node:path';
import { DabookError } from '../errors.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { loadInventory } from '../inventory/load-inventory.ts';
import { createImporter } from '../load/import-module.ts';
import type { Keys } from '../secrets/keys.ts';
import type { Io } from './io.ts';
import { warn } from './warn.ts';
import type { Cache } from './with-cache.ts';

/** What the command line says of the inventory. */
export interface InventoryOptions {
  readonly inventory: readonly string[];
  readonly user?: string | undefined;
  readonly privateKey?: string | undefined;
  readonly become?: boolean | undefined;
  readonly extraVars?: Readonly<Record<string, unknown>> | undefined;
  readonly playbook?: string | undefined;
  /** What opens encrypted files; without any, files of variables that are encrypted are left out. */
  readonly keys?: Keys | undefined;
}

/**
 * Loads the inventory; its warnings go to stderr.
 * @param cache where compiled modules are kept
 * @throws DabookError `inventory` with all its faults
 */
export async function readInventory(io: Io, options: InventoryOptions, cache: Cache): Promise<Inventory> {
  const { inventory: sources, user, privateKey, become, extraVars, playbook, keys } = options;
  const cwd = io.cwd();
  const { inventory, faults, warnings } = await loadInventory(sources, {
    cwd,
    importModule: async (path) => (await createImporter(cache.kept))(path),
    overrides: { user, privateKeyFile: privateKey, become },
    extraVars,
    keys,
    playbookDir: playbook === undefined ? undefined : dirname(resolve(cwd, playbook)),
  });
  for (const warning of warnings) warn(io, warning);
  if (faults.length > 0) throw new DabookError('inventory', 'the inventory cannot be used', { faults });
  return inventory;
}
