export { ContextsError } from '../errors.js';
export { execCredential } from './exec-credential.js';
export { pluginToken, type PluginTokenOptions } from './plugin-token.js';
export { type EksToken } from './token.js';
