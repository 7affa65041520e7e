export type { FileContent } from '../tree/types.js';
