import { DabookError } from '../errors.ts';
import type { StdinStream } from './session.ts';

/** Bytes that are written at once, so that a large file is told of as it goes. */
const usualPiece = 2 ** 20;

/**
 * stdin in the pieces that it is written in. Never more bytes than its size says.
 * @param most bytes of a piece. Default 1 MiB
 * @throws DabookError `command` where a stream gives another number of bytes than its size; what the stream throws
 */
export async function* stdinPieces(
  stdin: Uint8Array | StdinStream,
  most: number = usualPiece,
): AsyncGenerator<Buffer> {
  if (stdin instanceof Uint8Array) return yield* cut(stdin, most);
  let given = 0;
  for await (const chunk of stdin.chunks()) {
    given += chunk.length;
    if (given > stdin.size) throw wrongSize(stdin.size, 'more');
    yield* cut(chunk, most);
  }
  if (given < stdin.size) throw wrongSize(stdin.size, `${given}`);
}

function* cut(bytes: Uint8Array, pieceSize: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceSize) {
    yield Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(pieceSize, bytes.length - at));
  }
}

function wrongSize(size: number, given: string): DabookError {
  return new DabookError('command', `stdin was to have ${size} bytes, and had ${given}`, {
    hint: 'the file may have changed while it was sent: run it again',
  });
}
