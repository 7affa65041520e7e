export { ContextsError } from '../errors.js';
