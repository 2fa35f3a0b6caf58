import processes, { ChildProcess } from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import type { Readable } from 'node:stream';
import { strayVariables } from './allowed.ts';
import { checkPieces, checkWords } from './check-words.ts';
import { findMarker, withoutMarker } from './find-marker.ts';
import { hit } from './hits.ts';
import { markerOf } from './marker.ts';

interface Start {
  readonly file: string;
  readonly args?: readonly string[];
  readonly envPairs?: readonly string[];
}

/** The command line, and whatever else this repository runs by Node. Shells and others answer to dabook, which may read a secret by them. */
const TELLS = /(^|\/)node( |'|$)|dabook\.cjs|\/bin\/dabook|DABOOK"?\b/;

/**
 * From now on each process that this one starts has its arguments and environment searched, and what it prints if it
 * is dabook. Unlike what the watch of the suite sees, this misses none, however short it lives.
 */
export function checkStarts(): void {
  const prototype = ChildProcess.prototype as unknown as {
    spawn(this: ChildProcess, start: Start): unknown;
  };
  const { spawn } = prototype;
  prototype.spawn = function (start) {
    checkStart(start);
    const result = spawn.call(this, start);
    const words = wordsOf(start);
    if (TELLS.test(words)) {
      for (const stream of [this.stdout, this.stderr])
        if (stream) listen(stream, checkPieces(`what ${hidden(words)} told`));
    }
    return result;
  };
  for (const name of ['spawnSync', 'execFileSync', 'execSync'] as const) checkSync(name);
  syncBuiltinESMExports();
}

function checkSync(name: 'spawnSync' | 'execFileSync' | 'execSync'): void {
  const start = processes[name] as (...given: unknown[]) => unknown;
  const checked = (...given: unknown[]) => {
    const words = given.flat().filter((each) => typeof each === 'string');
    const { env = process.env } = (given.find(isRecord) ?? {}) as { env?: NodeJS.ProcessEnv };
    const envPairs = Object.entries(env).map(([variable, value]) => `${variable}=${value}`);
    const command = { file: words[0] ?? '', args: words, envPairs };
    checkStart(command);
    const check = (result: unknown) => {
      if (TELLS.test(words.join(' '))) checkResult(result, `what ${hidden(words.join(' '))} told`);
    };
    try {
      const result = start(...given);
      check(result);
      return result;
    } catch (error) {
      check(error);
      throw error;
    }
  };
  Object.assign(processes, { [name]: checked });
}

function isRecord(given: unknown): boolean {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}

/** Of `spawnSync`, or of a command that failed: an object; otherwise what was printed. */
function checkResult(result: unknown, by: string): void {
  const { stdout, stderr } = (isRecord(result) ? result : {}) as { stdout?: unknown; stderr?: unknown };
  for (const words of [result, stdout, stderr])
    if (typeof words === 'string' || Buffer.isBuffer(words)) checkWords(words, by);
}

function checkStart(start: Start): void {
  const marker = markerOf();
  const words = wordsOf(start);
  const inWords = findMarker(Buffer.from(words), marker);
  if (inWords.length > 0) hit(inWords, `in the arguments of ${hidden(words)}`);
  for (const entry of strayVariables(Buffer.from((start.envPairs ?? []).join('\0')), marker)) {
    const [name] = entry.split('=');
    hit(findMarker(Buffer.from(entry), marker), `in the variable ${name} of ${hidden(words)}`);
  }
}

function wordsOf({ file, args = [file] }: Start): string {
  return args.join(' ');
}

function hidden(words: string): string {
  return withoutMarker(words, markerOf()).slice(0, 200);
}

/** Sees each piece before whoever reads it, without reading it for them. */
function listen(stream: Readable, check: (piece: string | Buffer) => void): void {
  const { push } = stream;
  stream.push = function (piece, ...rest) {
    if (typeof piece === 'string' || Buffer.isBuffer(piece)) check(piece);
    return push.call(this, piece, ...rest);
  };
}
