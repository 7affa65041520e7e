export { defineDocument } from '@hawser/state-store';
export type { DocumentDefinition, DocumentOptions, Snapshot, StateDocument, Store } from '@hawser/state-store';
