/** What was counted at a host while datagrams were sent to it. */
export interface Burst {
  readonly sent: number;
  /** Counted while they travelled. */
  readonly arrived: number;
  /** What would have been counted in that time anyway. */
  readonly noise: number;
}

/** Most that are sent at once: so many fit into the queue of a socket that nobody reads. */
const most = 200;

/** How many datagrams rise well above the noise. @param noise datagrams in the time that sending takes */
export function burstSize(noise: number): number {
  return Math.min(most, 16 + Math.ceil(10 * noise));
}

/**
 * Whether datagrams arrived: `all` of them (as good as), `some`, `none`; or `unsure` where as many might
 * have come from others.
 */
export function judgeBurst({ sent, arrived, noise }: Burst): 'all' | 'some' | 'none' | 'unsure' {
  // Twice the expected, for traffic comes in waves.
  const others = noise === 0 ? 0 : 2 * noise + 3 * Math.sqrt(noise);
  if (others > sent / 2) return arrived === 0 ? 'none' : 'unsure';
  if (arrived >= 0.75 * sent) return 'all';
  return arrived <= Math.max(others, sent / 8) ? 'none' : 'some';
}
