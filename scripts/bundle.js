// Bundles lib/ and the libraries that it uses into dist/. Plain JavaScript, because it runs before anything
// is compiled.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './installed.js';

/** Where dabook is entered. They are bundled together: what they have in common exists once. */
const entryPoints = { cli: 'lib/cli/main.ts', index: 'lib/index.ts', tasks: 'lib/tasks/index.ts' };

/** It reads parts of its own folder while it runs. The other one is an optional, native part of ssh2. */
const external = ['jiti', 'cpu-features', '*.node'];

/** ssh2-promise loads it for a way to reach hosts that dabook does not use, and it cannot be bundled. */
const alias = { '@heroku/socksv5': './scripts/no-socks.js' };

/** Libraries that are CommonJS expect these in a module, too. */
const banner = `import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url);
const __dirname = import.meta.dirname;`;

/**
 * Writes the modules side by side: what finds a file from where it lies itself finds it from any of them.
 * Not minified: that starts no sooner, and a stack trace should name functions.
 * @param outdir a folder beside dist/, or dist/ itself: the maps lead to the source by it
 * @throws where a library that is bundled has no licence that could be passed on
 */
export async function bundle(outdir) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external,
    alias,
    banner: { js: banner },
    legalComments: 'eof',
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
  });
  writeFileSync(join(root, outdir, 'third-party-notices.txt'), notices(metafile));
}

/** The licences of the libraries whose code is in the bundle: they ask to be passed on with it. */
function notices({ inputs }) {
  const folders = new Set(Object.keys(inputs).map(packageFolder).filter(Boolean));
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
