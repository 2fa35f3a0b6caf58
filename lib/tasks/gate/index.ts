export { type GateArgs, type GateState, gate } from './gate.ts';
