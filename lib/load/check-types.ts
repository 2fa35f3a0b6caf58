import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DabookError } from '../errors.ts';
import type { InputFault } from '../input-fault.ts';
import { positionIn } from './position-in.ts';

/**
 * Checks the types of a playbook and of what it imports, against the running dabook. Gives the faults;
 * none as well where the compiler is not installed (it is an optional dependency) or the playbook is
 * JavaScript.
 * @param cacheDir a folder of this user alone, for the compiler's settings
 * @param cwd folder that shown file names are relative to
 */
export async function checkTypes(
  playbook: string,
  cacheDir: string,
  cwd: string,
): Promise<readonly InputFault[]> {
  const compiler = findCompiler();
  if (compiler === undefined || !['.ts', '.mts'].includes(extname(playbook))) return [];
  const folder = await mkdtemp(join(cacheDir, 'types-'));
  try {
    const settings = join(folder, 'tsconfig.json');
    await writeFile(settings, JSON.stringify(settingsFor(playbook)));
    const output = await compile(compiler, settings, cwd);
    return await Promise.all(readDiagnostics(output).map((found) => toFault(found, cwd)));
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

/** Types of the running dabook, whether it runs compiled or from its source. */
function typesOf(module: string): string {
  const base = fileURLToPath(new URL(`../${module}`, import.meta.url));
  return existsSync(`${base}.d.ts`) ? `${base}.d.ts` : `${base}.ts`;
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

function compile(compiler: string, settings: string, cwd: string): Promise<string> {
  return new Promise((done, fail) => {
    const limits = { cwd, maxBuffer: 64 << 20 };
    execFile(compiler, ['-p', settings, '--pretty', 'false'], limits, (error, stdout, stderr) => {
      // Faults of the playbook are on stdout; a compiler that failed otherwise has checked nothing.
      if (error === null || readDiagnostics(stdout).length > 0) return done(stdout);
      const said = `${stdout}${stderr}`.trim() || error.message;
      fail(
        new DabookError('playbook', `the types of the playbook could not be checked: ${said}`, {
          hint: 'run without it: --no-type-check',
        }),
      );
    });
  });
}

interface Diagnostic {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** `ha.ts(12,5): error TS2322: …`, with lines that are indented below it. */
function readDiagnostics(output: string): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const line of output.split('\n')) {
    const head = /^(.+)\((\d+),(\d+)\): error TS\d+: (.*)$/.exec(line);
    const last = found.at(-1);
    if (head) {
      const [, file = '', row, column, message = ''] = head;
      found.push({ file, line: Number(row), column: Number(column), message });
    } else if (last && line.startsWith('  ')) {
      found[found.length - 1] = { ...last, message: `${last.message}\n${line}` };
    }
  }
  return found;
}

async function toFault({ file, line, column, message }: Diagnostic, cwd: string): Promise<InputFault> {
  return { message, position: await positionIn(resolve(cwd, file), line, column, cwd) };
}
