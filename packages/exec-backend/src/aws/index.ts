export type { StackEvent, StackOptions, StackOutputs } from './types.js';
