export type { Providers } from './seam.js';
