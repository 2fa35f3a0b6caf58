export { type AccountsById, accountsById } from './accounts-by-id.ts';
export { type Clock, clock } from './clock.ts';
export { type ClockOffset, clocksAgree } from './clocks-agree.ts';
export type { FactReader } from './fact-reader.ts';
export { type ImageState, type ImagesReadyArgs, imagesReady } from './images-ready.ts';
export { type PortAnswersArgs, type PortState, portAnswers } from './port-answers.ts';
export type { PortFinding, PortToTry } from './port-finding.ts';
export type { PortTarget } from './port-target.ts';
export { type PortsOpenArgs, portsOpen } from './ports-open.ts';
