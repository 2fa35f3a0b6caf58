import { stripVTControlCharacters } from 'node:util';
import { ProcessOutputStream } from 'listr2';
import type { Output } from './view.ts';
import { width } from './width.ts';

/** Rows at the bottom of a terminal that are drawn again and again, and lines that scroll away above them. */
interface Screen {
  /** Keeps lines for the next drawing; they come to stand above the rows. */
  print(lines: readonly string[]): void;
  /** Replaces the rows. Rows must not be wider than the terminal. */
  draw(rows: readonly string[]): void;
  /** Removes the rows and gives the streams back until `resume`; what is printed meanwhile is kept. */
  pause(): void;
  resume(): void;
  /** Removes the rows and gives the streams back. */
  end(): void;
}

// A terminal that knows these shows a frame in one piece; one that does not, ignores them.
const BEGIN_FRAME = '\x1b[?2026h';
const END_FRAME = '\x1b[?2026l';

/**
 * Takes a terminal until `end`. What anybody else writes to it meanwhile, such as a playbook's own
 * `console.log`, is kept and printed above the rows, in order. The cursor stays as it is, below the rows, so
 * that there is nothing to restore after a crash.
 */
export function createScreen(out: Output, err?: Output): Screen {
  const streams = [out, ...(err?.isTTY ? [err] : [])].map((stream) => {
    return new ProcessOutputStream(stream as NodeJS.WriteStream);
  });
  const terminal = streams[0] as ProcessOutputStream;
  for (const stream of streams) stream.hijack();

  let waiting: string[] = [];
  let unfinished = '';
  let drawn: readonly string[] = [];
  let paused = false;

  const takeForeign = (): void => {
    if (paused) return;
    const entries = streams.flatMap((stream) => {
      const kept = stream.release();
      stream.hijack();
      return kept;
    });
    entries.sort((a, b) => a.time - b.time);
    const lines = (unfinished + entries.map(({ entry }) => entry).join('')).split('\n');
    unfinished = lines.pop() ?? '';
    waiting.push(...lines);
  };

  const draw = (rows: readonly string[]): void => {
    if (paused) return;
    takeForeign();
    const isSame =
      waiting.length === 0 && rows.length === drawn.length && rows.every((row, i) => row === drawn[i]);
    if (isSame) return;
    const up = heightOf(drawn, out.columns);
    const erase = up === 0 ? '' : eraseUp(up);
    const text = [...waiting, ...rows].map((line) => `${line}\n`).join('');
    waiting = [];
    drawn = rows;
    terminal.write(`${BEGIN_FRAME}${erase}${text}${END_FRAME}`);
  };

  const resume = (): void => {
    if (!paused) return;
    paused = false;
    for (const stream of streams) stream.hijack();
  };

  return {
    print(lines) {
      if (lines.length === 0) return;
      takeForeign();
      waiting.push(...lines);
    },
    draw,
    pause() {
      draw([]);
      paused = true;
      for (const stream of streams) stream.release();
    },
    resume,
    end() {
      try {
        resume();
        draw([]);
        if (unfinished !== '') terminal.write(unfinished);
        unfinished = '';
      } finally {
        for (const stream of streams) stream.release();
      }
    },
  };
}

/**
 * Erases so many lines above the cursor and leaves it at the first of them. Line by line: a terminal that is told to
 * erase all below its upper left corner keeps what it erases among what scrolled away, as tmux does.
 */
function eraseUp(lines: number): string {
  return `\x1b[${lines}A\r${'\x1b[K\x1b[B'.repeat(lines)}\x1b[${lines}A`;
}

/** How many lines the rows take now: a terminal that became narrower has wrapped them. */
function heightOf(rows: readonly string[], columns = 80): number {
  return rows.reduce(
    (sum, row) => sum + Math.max(1, Math.ceil(width(stripVTControlCharacters(row)) / columns)),
    0,
  );
}
