import { type Command, InvalidArgumentError } from 'commander';
import { addSecretOptions } from './secret-options.ts';
import { collect, sourceOption } from './source-option.ts';

/** The options of every command that runs a playbook: what it is run with, on which hosts, and how they are reached. */
export function addInputOptions(command: Command): Command {
  command
    .addOption(sourceOption())
    .option('-l, --limit <pattern>', 'change only these hosts; others are read at most')
    .option(
      '-e, --extra-vars <vars>',
      `variables: k=v, '{"k": 1}' or @file (YAML or JSON); may be given again`,
      collect,
    )
    .option('-u, --user <name>', 'user to log in as, where the inventory names none')
    .option('--private-key <file>', 'key to log in with, where the inventory names none')
    .option('-b, --become', 'run commands as root, through sudo')
    .option('-k, --ask-pass', 'ask for the SSH password, where the inventory names none')
    .option('-K, --ask-become-pass', 'ask for the sudo password, where the inventory names none');
  return addSecretOptions(addPaceOptions(command));
}

/** How fast a run goes, and how long it may take. */
export function addPaceOptions(command: Command): Command {
  return command
    .option('-f, --forks <n>', 'hosts served at once', positive, 50)
    .option('--timeout <s>', 'seconds that the whole run may take', seconds);
}

/** The options of every command that changes hosts. */
export function addDoingOptions(command: Command): Command {
  return command
    .option('-y, --yes', 'agree to what cannot be undone; at a terminal it is asked otherwise')
    .option('--step-timeout <s>', 'seconds that one step may take, unless it is detached', seconds, 3600)
    .option('--idle-timeout <s>', 'seconds that a step may be silent for', seconds)
    .option('--lock-timeout <s>', 'seconds to wait for another run that is at work on the hosts', seconds, 60)
    .option('--no-lock', 'lock no host: where nobody else can be at work')
    .option('--json', 'one event a line, as JSON')
    .option('--profile', 'at the end, a table of where the time went')
    .option('--profile-trace <file>', 'a trace of it, for the viewers of Chrome and Perfetto');
}

/** The options of every command that shows how a run goes. */
export function addViewOptions(command: Command): Command {
  return command
    .option('-D, --diff', 'show every change in full')
    .option('-v, --verbose', 'tell more: -v steps, -vv every command', (_value, before?: number) => {
      return (before ?? 0) + 1;
    })
    .option('--no-color', 'no colours')
    .option('--no-type-check', 'do not check the types of the playbook first');
}

/** A number of seconds, for an option. */
function seconds(value: string): number {
  const number = Number(value);
  // A timer of Node's takes no more than 24 days.
  if (value.trim() !== '' && number >= 0 && number <= 2_000_000) return number;
  throw new InvalidArgumentError('give a number of seconds, 2000000 at most.');
}

function positive(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('give a whole number from 1.');
}
