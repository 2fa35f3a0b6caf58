import { refuse } from '../refuse.ts';

/** A duration in nanoseconds, as the Engine API counts them. */
export type Nanoseconds = number;

const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/gy;

/**
 * Reads a duration as compose files write it.
 * @throws DabookError `refused` for anything else
 * @example parseDuration('1m30s') // 90_000_000_000
 */
export function parseDuration(text: string): Nanoseconds {
  if (text === '0') return 0;
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[+-]/, '');
  const parts = [...digits.matchAll(part)];
  const length = parts.reduce((sum, [whole]) => sum + whole.length, 0);
  if (digits === '' || length !== digits.length) {
    throw refuse(`'${text}' is no duration`, 'write it as in 10s, 1m30s or 500ms');
  }
  return (
    sign *
    parts.reduce((sum, [, number, unit]) => sum + Math.round(Number(number) * (units[unit ?? ''] ?? 0)), 0)
  );
}

/**
 * A duration as docker writes it, the same text for the same length.
 * @example showDuration(90_000_000_000) // '1m30s'
 */
export function showDuration(ns: Nanoseconds): string {
  if (ns === 0) return '0s';
  if (Math.abs(ns) < 1e3) return `${ns}ns`;
  if (Math.abs(ns) < 1e6) return `${ns / 1e3}µs`;
  if (Math.abs(ns) < 1e9) return `${ns / 1e6}ms`;
  const whole = Math.abs(ns);
  const hours = Math.floor(whole / 3600e9);
  const minutes = Math.floor((whole % 3600e9) / 60e9);
  const seconds = (whole % 60e9) / 1e9;
  const shown = `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`;
  return ns < 0 ? `-${shown}` : shown;
}
