export { type CommandArgs, type CommandState, command } from './command.ts';
