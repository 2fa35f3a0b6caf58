/** Bytes that come in pieces, read in order. */
export interface ByteReader {
  /** How many have been read. */
  position(): number;
  /** The next so many bytes. @throws Error where there are fewer */
  take(size: number): Promise<Buffer>;
  /** The next so many bytes as they come. @throws Error where there are fewer */
  pieces(size: number): AsyncGenerator<Buffer>;
  /** Passes over all that comes before a position; over all that there is, when it is endless. */
  skipTo(position: number): Promise<void>;
}

/** @param source is read no further than is asked for */
export function createByteReader(source: AsyncIterable<Buffer>): ByteReader {
  const chunks = source[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  let at = 0;

  /** Some of the next bytes; none at the end. */
  async function next(most: number): Promise<Buffer> {
    while (rest.length === 0) {
      const { value, done } = await chunks.next();
      if (done) return rest;
      rest = value;
    }
    const piece = rest.subarray(0, most);
    rest = rest.subarray(piece.length);
    at += piece.length;
    return piece;
  }

  async function* pieces(size: number): AsyncGenerator<Buffer> {
    for (let left = size; left > 0; ) {
      const piece = await next(left);
      if (piece.length === 0) throw new Error('it is cut off');
      left -= piece.length;
      yield piece;
    }
  }

  return {
    position: () => at,
    pieces,
    async take(size) {
      const taken: Buffer[] = [];
      for await (const piece of pieces(size)) taken.push(piece);
      return Buffer.concat(taken);
    },
    async skipTo(position) {
      while (at < position) {
        const piece = await next(position - at);
        if (piece.length > 0) continue;
        if (position === Number.POSITIVE_INFINITY) return;
        throw new Error('it is cut off');
      }
    },
  };
}
