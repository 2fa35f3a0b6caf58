/**
 * The node label that a placement constraint asks for.
 * @example labelIn('node.labels.da-policy-service1 == true') // 'da-policy-service1'
 */
export function labelIn(constraint: string): string | undefined {
  return /^node\.labels\.([^\s=!]+)\s*==/.exec(constraint.trim())?.[1];
}
