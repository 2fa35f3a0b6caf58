import type { ComposeConfig } from '../../compose/compose-config.ts';
import type { Finding } from '../../compose/finding.ts';
import { lintCompose } from '../../compose/lint-compose.ts';
import type { LintNode } from '../../compose/lint-node.ts';
import { type Fact, fact } from '../../fact.ts';
import { sha256Of } from '../../sha256.ts';
import { isKnown, type Later } from '../../unknown.ts';
import { composeKey } from './compose-config.ts';
import { type ComposeTextsArgs, tryCompose } from './read-compose.ts';

export interface ComposeReviewArgs extends ComposeTextsArgs {
  /** The swarm's nodes with the labels that they will have; without them none is held against them. */
  readonly nodes?: readonly LintNode[] | undefined;
}

/** Compose files, and what is wrong with them. */
export interface ComposeReview {
  /** In order of place. */
  readonly findings: readonly Finding[];
  /** The files merged, everything in its long form; none where they cannot be merged, which a finding tells. */
  readonly config?: ComposeConfig;
}

/**
 * Compose files of a host, merged, and what is wrong with them: what `composeConfig` and `composeFindings` give, merged
 * once for both. Unknown in check mode while the text of a file is.
 * @example
 * const { findings, config } = await host.read(composeReview({ dir, files, texts: edited, nodes }))
 */
export function composeReview({ nodes, ...args }: ComposeReviewArgs): Fact<Later<ComposeReview>> {
  const key = [...composeKey(args), sha256Of(JSON.stringify(nodes ?? null))];
  return fact<Later<ComposeReview>>({
    key: ['compose review', ...key],
    read: async (ask) => {
      const tried = await tryCompose(ask, args);
      if (!isKnown(tried)) return tried;
      const { sources, config, fault } = tried;
      const findings = lintCompose({ sources, config, nodes });
      if (fault === undefined) return { findings, config };
      // What docker stumbled over is among them in most cases, with its place.
      if (findings.some(({ severity }) => severity === 'fault')) return { findings };
      const [, place, message = fault.message] = /^(\S+:\d+:\d+): (.*)$/s.exec(fault.message) ?? [];
      const where = place === undefined ? {} : { place };
      return { findings: [{ severity: 'fault', message, ...where, hint: fault.hint ?? '' }, ...findings] };
    },
  });
}
