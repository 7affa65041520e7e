export { createMux } from './mux-machine.js';
export type { Mux, MuxOptions, MuxWish } from './types.js';
