// Bundles lib/ and the libraries that it uses into dist/. Plain JavaScript, because it runs before anything
// is compiled.
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './installed.js';

/** What others import. They are bundled together: what they have in common exists once. */
const modules = { index: 'lib/index.ts', tasks: 'lib/tasks/index.ts' };

/** In jiti. */
const nativeImport = '(id) => import(id)';

/**
 * jiti's compiler is read when there is something to compile, and stays a file of its own: it is half of all code. Its
 * one `import()` is replaced by scripts/native-import.cjs.
 */
const apart = {
  name: 'apart',
  setup({ onLoad, onResolve }) {
    const beside = (path) => () => ({ path, external: true });
    onResolve({ filter: /^\.\.\/dist\/babel\.cjs$/ }, beside('./compiler.cjs'));
    onResolve({ filter: /^native-import$/ }, beside('./native-import.cjs'));
    onLoad({ filter: /\/jiti\/lib\/jiti\.cjs$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const contents = text.replace(nativeImport, `require('native-import')`);
      if (contents === text) throw new Error(`${path} has no ${nativeImport} any more`);
      return { contents };
    });
  },
};
/** Libraries that are CommonJS expect it in a module, too. */
const inModules = `import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url);`;

/** And modules expect this in a script. */
const inScripts = `const moduleUrl = require('node:url').pathToFileURL(__filename).href;`;

/**
 * Writes the modules side by side: what finds a file from where it lies itself finds it from any of them. The command
 * line is one script beside them, playbooks' modules included, for bin/dabook.cjs.
 * Not minified: that starts no sooner, and a stack trace should name functions.
 * @param outdir a folder beside dist/, or dist/ itself: the maps lead to the source by it
 * @throws where a library that is bundled has no licence that could be passed on
 */
export async function bundle(outdir) {
  const both = {
    absWorkingDir: root,
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
  };
  const made = await Promise.all([
    build({
      ...both,
      entryPoints: modules,
      chunkNames: '[name]-[hash]',
      splitting: true,
      format: 'esm',
      banner: { js: inModules },
      legalComments: 'eof',
    }),
    build({
      ...both,
      entryPoints: { cli: 'lib/cli/main.ts' },
      outExtension: { '.js': '.cjs' },
      // An optional, native part of ssh2.
      external: ['cpu-features', '*.node'],
      alias: {
        // For a way to reach hosts that dabook does not use; ssh2-promise loads it, and it cannot be bundled.
        '@heroku/socksv5': './scripts/no-socks.js',
        jiti: './node_modules/jiti/lib/jiti.cjs',
      },
      plugins: [apart],
      format: 'cjs',
      define: { 'import.meta.url': 'moduleUrl' },
      banner: { js: inScripts },
      legalComments: 'none',
    }),
  ]);
  const script = join(root, outdir, 'cli.cjs');
  writeFileSync(script, inAscii(readFileSync(script, 'utf8')));
  copyFileSync(join(root, 'node_modules/jiti/dist/babel.cjs'), join(root, outdir, 'compiler.cjs'));
  copyFileSync(join(root, 'scripts/native-import.cjs'), join(root, outdir, 'native-import.cjs'));
  const inputs = made.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  writeFileSync(join(root, outdir, 'third-party-notices.txt'), notices(inputs));
}

/** Only comments have other characters, and for one of them V8 would keep two bytes of each. bin/dabook.cjs counts on it. */
function inAscii(text) {
  return text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The licences of the libraries whose code is in the bundle: they ask to be passed on with it. */
function notices(inputs) {
  const folders = new Set(inputs.map(packageFolder).filter(Boolean));
  const texts = [...new Set([...folders].map(notice))].sort((a, b) => a.localeCompare(b, 'en'));
  return `The code of dabook contains that of the libraries below, each under its own licence.\n\n${texts.join('')}`;
}

function packageFolder(input) {
  return /^.*\/?node_modules\/(@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0];
}

function notice(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const files = readdirSync(join(root, folder)).filter((file) =>
    /^(licen[cs]e|notice|copying)\b/i.test(file),
  );
  if (files.length === 0) throw new Error(`${name} ${version} has no licence file that could be passed on`);
  const texts = files.map((file) => readFileSync(join(root, folder, file), 'utf8').trim());
  return `${'-'.repeat(80)}\n${name} ${version} (${license})\n\n${texts.join('\n\n')}\n\n`;
}
