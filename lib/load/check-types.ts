import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DabookError } from '../errors.ts';
import type { InputFault } from '../input-fault.ts';
import { sha256Of } from '../sha256.ts';
import { isStillClean, keepClean } from './clean-check.ts';
import { removeOld } from './remove-old.ts';
import { seenFiles } from './seen-files.ts';
import { typeFaults } from './type-faults.ts';

/**
 * Checks the types of a playbook and of what it imports, against the running dabook. Gives the faults;
 * none as well where the compiler is not installed (it is an optional dependency) or the playbook is
 * JavaScript. Nothing is compiled where nothing has changed since a check without a fault.
 * @param cacheDir a folder of this user alone: for the compiler's settings, and for what is kept of the check
 * @param cwd folder that shown file names are relative to
 */
export async function checkTypes(
  playbook: string,
  cacheDir: string,
  cwd: string,
): Promise<readonly InputFault[]> {
  const compiler = findCompiler();
  if (compiler === undefined || !['.ts', '.mts'].includes(extname(playbook))) return [];
  const settings = JSON.stringify(settingsFor(playbook));
  // By its real path, too: another folder may stand behind a link in the meantime.
  const identity = JSON.stringify([1, compiler, realpathSync(playbook), settings]);
  const kept = join(cacheDir, `types-${sha256Of(identity)}.json`);
  if (isStillClean(kept, playbook)) return [];

  const startedAt = Date.now();
  // Without waiting: the compiler is to work beside whatever else is loaded, and not after it.
  const folder = mkdtempSync(join(cacheDir, 'types-'));
  try {
    const file = join(folder, 'tsconfig.json');
    writeFileSync(file, settings);
    const { output, failure } = await compile(compiler, file, cwd);
    const faults = await typeFaults(output, cwd);
    if (faults.length > 0) return faults;
    if (failure !== undefined) throw notChecked(failure, output);
    const seen = seenFiles(output);
    if (seen !== undefined) {
      const present = [...seen.present, compiler];
      // What cannot be kept is checked again.
      await keepClean(kept, { ...seen, present }, startedAt, folder).catch(() => undefined);
      await removeOld(cacheDir, 30).catch(() => undefined);
    }
    return [];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const require = createRequire(import.meta.url);

/** The native compiler itself: its JavaScript starter would cost a process of Node more. */
function findCompiler(): string | undefined {
  try {
    const starter = createRequire(require.resolve('tsnative/package.json'));
    const native = `@typescript/typescript-${process.platform}-${process.arch}/package.json`;
    return join(dirname(starter.resolve(native)), 'lib', 'tsc');
  } catch {
    return undefined;
  }
}

/** Types of the running dabook: beside its bundle, or its source itself where that is what runs. */
function typesOf(module: string): string {
  const bundled = fileURLToPath(new URL(`types/${module}.d.ts`, import.meta.url));
  return existsSync(bundled) ? bundled : fileURLToPath(new URL(`../${module}.ts`, import.meta.url));
}

function settingsFor(playbook: string): object {
  const modules = dirname(dirname(require.resolve('zod/package.json')));
  return {
    compilerOptions: {
      target: 'es2022',
      lib: ['es2023'],
      module: 'preserve',
      moduleResolution: 'bundler',
      moduleDetection: 'force',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      types: ['node'],
      typeRoots: [join(modules, '@types')],
      paths: {
        dabook: [typesOf('index')],
        'dabook/tasks': [typesOf('tasks/index')],
        // The playbook's own copies come first; these are for a folder without node_modules.
        zod: [join(dirname(playbook), 'node_modules/zod'), join(modules, 'zod')],
      },
    },
    files: [playbook],
  };
}

interface Compiled {
  readonly output: string;
  /** Of a compiler that found faults, or could not do its work. */
  readonly failure: Error | undefined;
}

function compile(compiler: string, settings: string, cwd: string): Promise<Compiled> {
  const args = ['-p', settings, '--pretty', 'false', '--listFiles', '--traceResolution'];
  return new Promise((done) => {
    execFile(compiler, args, { cwd, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      done({ output: `${stdout}\n${stderr}`, failure: error ?? undefined });
    });
  });
}

/** A compiler that failed without a fault of the playbook has checked nothing. */
function notChecked(failure: Error, output: string): DabookError {
  const said = output.split('\n').filter((line) => /\berror TS\d+: /.test(line));
  const why = said.join('\n') || failure.message;
  return new DabookError('playbook', `the types of the playbook could not be checked: ${why}`, {
    hint: 'run without it: --no-type-check',
    cause: failure,
  });
}
