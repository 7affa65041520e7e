export { checkSource } from './source-url.js';
export type { AddressRules, SourcePlan } from './source-url.js';
