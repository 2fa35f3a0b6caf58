/** How a text is meant; what a terminal makes of it stands in {@link createPaint}. */
export type Tone = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'magenta';

/** Gives a text its tone. Texts are cut to their width before, as a painted one cannot be cut. */
export type Paint = (tone: Tone, text: string) => string;

const CODES: Record<Tone, readonly [on: number, off: number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
  magenta: [35, 39],
};

/** @param color false: every text stays as it is */
export function createPaint(color: boolean): Paint {
  if (!color) return (_tone, text) => text;
  return (tone, text) => {
    const [on, off] = CODES[tone];
    if (text === '') return '';
    // A painted part of the text ends its own tone, and with it perhaps this one.
    const inner = text.replaceAll(`\x1b[${off}m`, `\x1b[${off};${on}m`);
    return `\x1b[${on}m${inner}\x1b[${off}m`;
  };
}
