/** Holds back what a stream says before a sign, and hands on all that comes after it. */
export interface UntilSign {
  push(bytes: Buffer): void;
  readonly seen: boolean;
  /** What came before the sign, as far as it was kept. */
  readonly said: string;
}

const kept = 64 * 1024;

/** @param then takes the bytes after the sign */
export function untilSign(sign: Buffer, then: (bytes: Buffer) => void): UntilSign {
  let before: Buffer = Buffer.alloc(0);
  let seen = false;
  return {
    push(bytes) {
      if (seen) return then(bytes);
      before = Buffer.concat([before, bytes]);
      const at = before.indexOf(sign);
      if (at < 0) {
        before = before.subarray(-kept);
        return;
      }
      const after = before.subarray(at + sign.length);
      seen = true;
      before = Buffer.from(before.subarray(0, at));
      if (after.length > 0) then(after);
    },
    get seen() {
      return seen;
    },
    get said() {
      return before.toString();
    },
  };
}
