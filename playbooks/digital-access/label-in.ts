const pattern = /^(\s*node\.labels\.)([^\s=!]+)(?=\s*==)/i;

/**
 * The node label that a placement constraint asks for.
 * @example labelIn('node.labels.da-policy-service1 == true') // 'da-policy-service1'
 */
export function labelIn(constraint: string): string | undefined {
  return pattern.exec(constraint)?.[2];
}

/** A constraint that asks for another label, written as it was. */
export function withLabel(constraint: string, label: string): string {
  return constraint.replace(pattern, (_, head: string) => `${head}${label}`);
}
