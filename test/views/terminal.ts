import { Writable } from 'node:stream';

// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal is what reads them
const TOKEN = /\x1b\[(\d+)A\r(?:\x1b\[K\x1b\[B)+\x1b\[\1A|\x1b\[[?\d]*[a-z]|[^\x1b]/gu;

/**
 * A terminal as far as a live view needs one. Lines are kept whole and are wrapped by the width of the
 * moment, as terminals do when they are resized; its cursor goes up only to erase everything below.
 */
export function createTerminal(size: { columns: number; rows: number }) {
  const lines = [''];
  let bytes = 0;

  const eraseUp = (count: number): void => {
    if (count >= terminal.rows) throw new Error('erased more than the screen holds');
    lines.pop();
    let left = count;
    while (left > 0) {
      const line = lines.pop() ?? '';
      left -= Math.max(1, Math.ceil(Array.from(line).length / terminal.columns));
    }
    if (left < 0) throw new Error('erased half a line');
    lines.push('');
  };

  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      const text = String(chunk);
      bytes += text.length;
      for (const [token, up] of text.matchAll(TOKEN)) {
        if (up !== undefined) eraseUp(Number(up));
        else if (token === '\n') lines.push('');
        else if (token.length === 1) lines.push((lines.pop() ?? '') + token);
      }
      done();
    },
  });
  const terminal = Object.assign(stream, size, {
    isTTY: true,
    screen: () => lines.join('\n'),
    written: () => bytes,
  });
  return terminal;
}
