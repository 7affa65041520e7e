import { defineDocument, type DocumentDefinition } from '@hawser/state-store';
import type { Report } from './types.js';

/** The data of `arc.json`: what was verified last, and where its artefacts are. */
export interface ArcData {
  readonly folder?: string;
  readonly scaleSet?: string;
  readonly outcome?: string;
  /** UTC, ISO 8601. */
  readonly verifiedAt?: string;
}

const members = ['folder', 'scaleSet', 'outcome', 'verifiedAt'] as const;

/** `arc.json` in the state folder. */
export const arcDocument: DocumentDefinition<ArcData> = defineDocument<ArcData>({
  name: 'arc',
  version: 1,
  schema: {
    type: 'object',
    properties: Object.fromEntries(members.map((name) => [name, { type: 'string' }])),
    additionalProperties: false,
  },
  // The schema in a line: compiling it would take longer than all else.
  validate: (data) =>
    typeof data === 'object' &&
    data !== null &&
    !Array.isArray(data) &&
    Object.entries(data).every(([name, value]) => members.some((one) => one === name) && typeof value === 'string'),
  default: () => ({}),
});

/** What is written down of a verification. */
export function arcRecord(report: Report, folder: string): ArcData {
  return { folder, scaleSet: report.scale_set, outcome: report.outcome, verifiedAt: report.verified_at };
}
