export { applySplices } from './codec.js';
export type { ForeignCodec, PathSegment, PlainPath, Splice } from './codec.js';
export type { ForeignDraft } from './draft.js';
export type { ForeignFormat } from './formats.js';
export { draftForeign } from './draft-foreign.js';
export { openForeign } from './open-foreign.js';
export type { ForeignEdit, ForeignFile, ForeignOptions, ForeignSnapshot } from './open-foreign.js';
