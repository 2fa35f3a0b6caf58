import type { Finding } from '../../compose/finding.ts';
import { type Fact, fact } from '../../fact.ts';
import { sha256Of } from '../../sha256.ts';
import { isKnown, type Later } from '../../unknown.ts';
import { composeKey } from './compose-config.ts';
import { type ComposeReviewArgs, composeReview } from './compose-review.ts';

/**
 * What is wrong with compose files of a host, all at once and in order of place: the lint's findings, and what
 * docker says that cannot merge them. Unknown in check mode while the text of a file is.
 * @example
 * const findings = await host.read(composeFindings({ dir, files, texts: edited, nodes }))
 */
export function composeFindings(args: ComposeReviewArgs): Fact<Later<readonly Finding[]>> {
  return fact<Later<readonly Finding[]>>({
    key: ['compose findings', ...composeKey(args), sha256Of(JSON.stringify(args.nodes ?? null))],
    read: async (ask) => {
      const review = await ask.fact(composeReview(args));
      return isKnown(review) ? review.findings : review;
    },
  });
}
