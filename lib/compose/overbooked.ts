/** Somebody who needs one of some places for himself. */
export interface Claim {
  readonly by: string;
  readonly places: readonly string[];
}

/** Claims that cannot all be met, and the few places that they have between them. */
export interface Overbooked {
  readonly claims: readonly Claim[];
  readonly places: readonly string[];
}

/**
 * Gives each claim a place of its own, others making way where they can. Where that fails, tells those who
 * share too few places; nobody otherwise.
 */
export function overbooked(claims: readonly Claim[]): Overbooked {
  const holders = new Map<string, Claim>();
  for (const claim of claims) {
    const tried = new Set<string>();
    if (seat(claim, holders, tried)) continue;
    // Whoever could have made way holds one of the places that were tried.
    const rivals = [...tried].flatMap((place) => holders.get(place) ?? []);
    return { claims: [...rivals, claim], places: [...tried].sort() };
  }
  return { claims: [], places: [] };
}

/** Those of the claims that get a place, others making way where they can; each that does not is left out. */
export function seated(claims: readonly Claim[]): readonly Claim[] {
  const holders = new Map<string, Claim>();
  return claims.filter((claim) => seat(claim, holders, new Set()));
}

function seat(claim: Claim, holders: Map<string, Claim>, tried: Set<string>): boolean {
  return claim.places.some((place) => {
    if (tried.has(place)) return false;
    tried.add(place);
    const holder = holders.get(place);
    if (holder !== undefined && !seat(holder, holders, tried)) return false;
    holders.set(place, claim);
    return true;
  });
}
