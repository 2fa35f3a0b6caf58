/**
 * Whether a text is what a pattern of `*` and `?` stands for, as a whole. In time that grows with the length of the one
 * times that of the other: as a regular expression `*a*a*a*a*b` would take longer than anybody lives.
 */
export function globMatches(pattern: string, text: string): boolean {
  let at = 0;
  let place = 0;
  let star = -1;
  let resume = 0;
  while (place < text.length) {
    const sign = pattern[at];
    if (sign === '*') {
      star = at++;
      resume = place;
    } else if (sign !== undefined && (sign === '?' || sign === text[place])) {
      at++;
      place++;
    } else if (star >= 0) {
      // The last star takes one character more.
      at = star + 1;
      place = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
