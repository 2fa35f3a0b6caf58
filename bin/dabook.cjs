#!/usr/bin/env node
// Starts the command line from its bundle, with the code that V8 made of it the last time: to make that anew takes as
// long as all else before the first connection. Node 20 keeps it by itself for nothing that a program loads.
'use strict';
const {
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');
const { createRequire, wrap } = require('node:module');
const { userInfo } = require('node:os');
const { dirname, isAbsolute, join } = require('node:path');
const { isatty } = require('node:tty');
const { Script } = require('node:vm');

const bundle = join(__dirname, '../dist/cli.cjs');
const [, , command, ...more] = process.argv;

// Scripts ask for it often, and need nothing else.
if (command === '--version' && more.length === 0) console.log(require('../package.json').version);
else start();

function start() {
  const place = attempt(placeOfCode);
  const kept = place && attempt(() => bestIn(place));
  // As latin1 it is one byte a character, also for V8: scripts/bundle.js sees to it that there are no others than ASCII.
  const script = new Script(wrap(readFileSync(bundle, 'latin1')), {
    filename: bundle,
    cachedData: kept && attempt(() => readFileSync(kept.file)),
  });
  const load = createRequire(bundle);
  let loaded = 0;
  const countingLoad = (id) => {
    loaded += 1;
    return load(id);
  };
  const terminals = [0, 1, 2].filter(isatty);
  const cli = { exports: {} };
  script.runInThisContext()(cli.exports, countingLoad, cli, bundle, dirname(bundle));

  cli.exports.main(process).then((status) => {
    if (place && isWorthKeeping(status)) {
      // A run that failed may have left out most of its work, whatever it loaded.
      const worth = (status === 0 ? 1000 : 0) + loaded;
      const isBetter = script.cachedDataRejected !== false || worth > kept.worth;
      if (isBetter) attempt(() => keep(place, worth, script.createCachedData()));
    }
    // All is written and let go of by now. Where Node comes to its end by itself, a signal ends it while it takes
    // itself apart, and the status would be another one.
    process.exit(status);
  });

  // Node wants to leave a terminal as it found it, and takes one that has gone away for a bug of its own: it aborts.
  process.once('exit', () => {
    if (!terminals.every(isatty)) process.kill(process.pid, 'SIGKILL');
  });
}

/** With wrong arguments or input next to nothing was compiled. */
function isWorthKeeping(status) {
  return status !== 2 && (command === 'run' || command === 'inventory');
}

/**
 * Where the code is kept: in the folder that dabook keeps such things in, as lib/cli/with-cache.ts finds it. Code holds
 * what its run has compiled: one without SSH, or one that failed, less than others. So its name ends with what it is
 * worth, told by how often the parts of the bundle that ran have asked for modules of Node. The name's beginning stands
 * for the bundle as it is and for this Node; V8 itself looks at no more than the length of the source.
 */
function placeOfCode() {
  const { HOME, XDG_CACHE_HOME: given } = process.env;
  const home = HOME && isAbsolute(HOME) ? HOME : attempt(() => userInfo().homedir);
  const folder = join(given && isAbsolute(given) ? given : join(home, '.cache'), 'dabook');
  const { ino, size, ctimeMs } = statSync(bundle);
  const about = [process.version, process.arch, ino, size, Math.trunc(ctimeMs)].join('-');
  return { folder, start: `code-${command === 'inventory' ? 'inventory' : 'run'}-${about}-` };
}

/** The code that is worth most. */
function bestIn({ folder, start }) {
  if (!isOwn(folder)) return undefined;
  const [best] = readdirSync(folder)
    .filter((name) => name.startsWith(start) && /^\d+$/.test(name.slice(start.length)))
    .map((name) => ({ file: join(folder, name), worth: Number(name.slice(start.length)) }))
    .sort((a, b) => b.worth - a.worth);
  const found = best && lstatSync(best.file);
  return found?.isFile() && found.uid === process.getuid?.() ? best : undefined;
}

/**
 * Whether nobody else can have put something there: it is code that will be run. With a folder that is not, `run`
 * refuses to begin (lib/cli/with-cache.ts).
 */
function isOwn(folder) {
  const found = lstatSync(folder);
  const above = statSync(dirname(folder));
  const isMovable = (above.mode & 0o022) !== 0 && (above.mode & 0o1000) === 0;
  return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0 && !isMovable;
}

/** As a whole, since others may start meanwhile; in place of what is worth less, and of what other bundles left. */
function keep({ folder, start }, worth, code) {
  if (!isOwn(folder)) return;
  const file = join(folder, `${start}${worth}`);
  const made = `${file}.${process.pid}`;
  try {
    writeFileSync(made, code, { flag: 'wx', mode: 0o600 });
    renameSync(made, file);
  } finally {
    rmSync(made, { force: true });
  }
  const monthAgo = Date.now() - 30 * 24 * 3600 * 1000;
  for (const name of readdirSync(folder).filter((name) => name.startsWith('code-'))) {
    const other = join(folder, name);
    const isPoorer = name.startsWith(start) && !name.includes('.', start.length) && other !== file;
    if (isPoorer || lstatSync(other).mtimeMs < monthAgo) rmSync(other, { force: true });
  }
}

/** What cannot be kept, or found again, is made anew. */
function attempt(work) {
  try {
    return work();
  } catch {
    return undefined;
  }
}
