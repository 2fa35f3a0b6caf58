import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** Imports a TypeScript or JavaScript module of the user's. */
export type ImportModule = (path: string) => Promise<unknown>;

/**
 * Makes the importer of users' modules: TypeScript wherever it lies, with or without a package.json, and
 * `dabook` is always the dabook that runs. `zod` comes with it where the user's folder has none.
 * @param cacheDir a folder of this user alone, where compiled modules are kept; without one they are not
 */
export async function createImporter(cacheDir: string | undefined): Promise<ImportModule> {
  // Loaded here so that what needs no playbook (help, inventory) starts without it.
  const [{ createJiti }, dabook, tasks] = await Promise.all([
    import('jiti'),
    import('../index.ts'),
    import('../tasks/index.ts'),
  ]);
  return (path) => {
    const jiti = createJiti(pathToFileURL(path).href, {
      fsCache: cacheDir ?? false,
      moduleCache: true,
      interopDefault: false,
      virtualModules: { dabook, 'dabook/tasks': tasks },
      alias: hasOwn('zod', path) ? {} : { zod: createRequire(import.meta.url).resolve('zod') },
    });
    return jiti.import(path);
  };
}

function hasOwn(name: string, path: string): boolean {
  try {
    createRequire(path).resolve(name);
    return true;
  } catch {
    return false;
  }
}
