/** What stands before and after the part of a page that the benchmark writes. */
const begin = '<!-- results: written by npm run bench -->';
const end = '<!-- end of results -->';

/**
 * The page with its results replaced.
 * @throws Error where the page has no place for them
 */
export function betweenMarkers(page: string, results: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from === -1 || to < from) throw new Error(`the page has no lines "${begin}" and "${end}"`);
  return `${page.slice(0, from + begin.length)}\n\n${results}\n\n${page.slice(to)}`;
}
