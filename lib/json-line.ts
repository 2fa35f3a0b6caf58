import { visibleJson } from './visible.ts';

/** A value as one line of JSON, its newline included; nothing in it steers a terminal. */
export function jsonLine(value: unknown): string {
  return `${visibleJson(JSON.stringify(value))}\n`;
}
