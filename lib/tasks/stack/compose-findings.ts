import type { Finding } from '../../compose/finding.ts';
import { lintCompose } from '../../compose/lint-compose.ts';
import type { LintNode } from '../../compose/lint-node.ts';
import { type Fact, fact } from '../../fact.ts';
import { sha256Of } from '../../sha256.ts';
import { isKnown, type Later } from '../../unknown.ts';
import { composeKey } from './compose-config.ts';
import { type ComposeTextsArgs, tryCompose } from './read-compose.ts';

export interface ComposeFindingsArgs extends ComposeTextsArgs {
  /** The swarm's nodes with the labels that they will have; without them none is held against them. */
  readonly nodes?: readonly LintNode[] | undefined;
}

/**
 * What is wrong with compose files of a host, all at once and in order of place: the lint's findings, and what
 * docker says that cannot merge them. Unknown in check mode while the text of a file is.
 * @example
 * const findings = await host.read(composeFindings({ dir, files, texts: edited, nodes }))
 */
export function composeFindings({ nodes, ...args }: ComposeFindingsArgs): Fact<Later<readonly Finding[]>> {
  const key = [...composeKey(args), sha256Of(JSON.stringify(nodes ?? null))];
  return fact({
    key: ['compose findings', ...key],
    read: async (ask) => {
      const tried = await tryCompose(ask, args);
      if (!isKnown(tried)) return tried;
      const { sources, config, fault } = tried;
      const findings = lintCompose({ sources, config, nodes });
      // What docker stumbled over is among them in most cases, with its place.
      if (fault === undefined || findings.some(({ severity }) => severity === 'fault')) return findings;
      const [, place, message = fault.message] = /^(\S+:\d+:\d+): (.*)$/s.exec(fault.message) ?? [];
      const where = place === undefined ? {} : { place };
      return [{ severity: 'fault', message, ...where, hint: fault.hint ?? '' }, ...findings];
    },
  });
}
