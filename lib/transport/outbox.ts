/** Where bytes for a channel are collected. */
export interface Outbox {
  /** Small pieces are kept until there are enough of them; settles once there is room for more. */
  add(bytes: Buffer): Promise<void>;
  /** Writes what was kept. */
  flush(): Promise<void>;
}

/** Bytes that are kept at most: a packet of SSH has 32 KiB, and a write costs a packet at least. */
const enough = 64 * 1024;

/**
 * Collects small pieces into one write, and lets large ones pass as they are: commands that are asked together
 * travel together, and a large file is not copied.
 */
export function createOutbox(write: (bytes: Buffer) => Promise<void>): Outbox {
  let kept: Buffer[] = [];
  let size = 0;
  const flush = async () => {
    if (size === 0) return;
    const bytes = kept.length === 1 && kept[0] ? kept[0] : Buffer.concat(kept, size);
    kept = [];
    size = 0;
    await write(bytes);
  };
  return {
    flush,
    async add(bytes) {
      if (size + bytes.length > enough) await flush();
      if (bytes.length > enough) return write(bytes);
      kept.push(bytes);
      size += bytes.length;
    },
  };
}
