import { Option } from 'commander';

/** `-i`, of the commands that read an inventory. */
export function sourceOption(): Option {
  const about = 'YAML file, folder, .ts file or list "a,b,"; may be given again';
  return new Option('-i, --inventory <source>', about).argParser(collect);
}

/** Collects an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
