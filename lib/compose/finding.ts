import type { DabookError } from '../errors.ts';
import { refuse } from '../refuse.ts';

/** Something about compose files that is wrong, or looks so. */
export interface Finding {
  /** A `fault` fails when it is deployed, or runs what nobody meant. */
  readonly severity: 'fault' | 'warning';
  readonly message: string;
  /** Where it stands: `network.yml:12:3`. */
  readonly place?: string;
  /** What can be done about it. */
  readonly hint: string;
}

/** A place in a compose file. Line and column count from 1. */
export interface Spot {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A finding whose place can be compared with others'. */
export interface Found extends Omit<Finding, 'place'> {
  readonly spot?: Spot | undefined;
}

/** @example 'network.yml:12:3' */
export function showSpot({ file, line, column }: Spot): string {
  return `${file}:${line}:${column}`;
}

/** A message with its place before it, where it has one. @example 'network.yml:12:3: the port is taken' */
export function placed(message: string, spot: Spot | undefined): string {
  return spot === undefined ? message : `${showSpot(spot)}: ${message}`;
}

/** The refusal of what cannot be deployed with such a finding. */
export function refuseFound({ message, hint, spot }: Found): DabookError {
  return refuse(placed(message, spot), hint);
}
