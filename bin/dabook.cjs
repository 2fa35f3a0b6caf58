#!/usr/bin/env node
// Starts the command line from its bundle, with the code that V8 made of it the last time: to make that anew takes as
// long as all else before the first connection. Node 20 keeps it by itself for nothing that a program loads.
'use strict';
const { lstatSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } = require('node:fs');
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
  const places = attempt(keptCode) ?? [];
  const kept = places.find((place) => attempt(() => isOwn(dirname(place)) && lstatSync(place).isFile()));
  const script = new Script(wrap(readFileSync(bundle, 'latin1')), {
    filename: bundle,
    cachedData: kept && attempt(() => readFileSync(kept)),
  });
  const terminals = [0, 1, 2].filter(isatty);
  const cli = { exports: {} };
  script.runInThisContext()(cli.exports, createRequire(bundle), cli, bundle, dirname(bundle));

  cli.exports.main(process).then((status) => {
    process.exitCode = status;
    const [whole, part] = places;
    const place = status === 0 ? whole : part;
    // With wrong arguments or input next to nothing was compiled.
    if (!place || status === 2 || (command !== 'run' && command !== 'inventory')) return;
    const isNew = script.cachedDataRejected !== false || (kept === part && place === whole);
    if (isNew) attempt(() => isOwn(dirname(place)) && keep(place, script.createCachedData()));
  });

  // Node wants to leave a terminal as it found it, and takes one that has gone away for a bug of its own: it aborts.
  process.once('exit', () => {
    if (!terminals.every(isatty)) process.kill(process.pid, 'SIGKILL');
  });
}

/**
 * The files for the code, in the folder that dabook keeps such things in: of a run that went well, which has compiled
 * nearly all that any command needs, and of one that did not. Their names stand for the bundle as it is and for this
 * Node; V8 itself looks at no more than the length of the source.
 */
function keptCode() {
  const { HOME, XDG_CACHE_HOME: given } = process.env;
  const home = HOME && isAbsolute(HOME) ? HOME : attempt(() => userInfo().homedir);
  const folder = given && isAbsolute(given) ? given : join(home, '.cache');
  const { ino, size, ctimeMs } = statSync(bundle);
  const about = [process.version, process.arch, ino, size, Math.trunc(ctimeMs)].join('-');
  const kind = command === 'inventory' ? 'inventory' : 'run';
  return ['whole', 'part'].map((extent) => join(folder, 'dabook', `code-${kind}-${extent}-${about}`));
}

/** Whether nobody else can have put something there: it is code that will be run. */
function isOwn(folder) {
  const found = lstatSync(folder);
  return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
}

/** As a whole, since others may start meanwhile. */
function keep(file, code) {
  const made = `${file}.${process.pid}`;
  try {
    writeFileSync(made, code, { flag: 'wx', mode: 0o600 });
    renameSync(made, file);
  } finally {
    rmSync(made, { force: true });
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
