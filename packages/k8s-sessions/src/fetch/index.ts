export { checkSource } from './source-url.js';
export type { AddressRules, SourcePlan } from './source-url.js';
export { fetchSource } from './fetch-source.js';
export type { FetchedSource, FetchSourceOptions, SourceFetcher } from './fetch-source.js';
export type { Resolve, ResolvedAddress } from './http-get.js';
