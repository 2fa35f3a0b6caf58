export { type GateArgs, type GateState, gate } from './gate.ts';
export { type GateAnswersArgs, gateAnswers } from './gate-answers.ts';
