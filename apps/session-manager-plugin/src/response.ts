import type { StartedSession } from '@hawser/ssm-channel';
import { goJsonError, goKind } from './go-json.js';

/** Members of a StartSession response; Go matches their names whatever their case, and so do callers rely on it. */
const members = ['sessionId', 'streamUrl', 'tokenValue'] as const;
type Member = (typeof members)[number];

/**
 * Reads what a caller hands over as the StartSession response.
 *
 * `malformed` carries the original's words. A response that is well-formed may still lack members: those are missing
 * from `start` here.
 */
export function readResponse(
  json: string,
): { readonly malformed: string } | { readonly start: Partial<StartedSession> } {
  const syntax = goJsonError(json);
  if (syntax !== undefined) return { malformed: syntax };
  const parsed: unknown = JSON.parse(json);
  if (parsed === null) return { start: {} };
  if (typeof parsed !== 'object' || Array.isArray(parsed)) {
    return { malformed: `json: cannot unmarshal ${goKind(parsed)} into Go value of type ssm.StartSessionOutput` };
  }
  const start: Partial<Record<Member, string>> = {};
  for (const [key, value] of Object.entries(parsed)) {
    const member = members.find((name) => name.toLowerCase() === key.toLowerCase());
    if (member === undefined || value === null) continue;
    if (typeof value !== 'string') return { malformed: wrongKind(member, value) };
    start[member] = value;
  }
  return { start };
}

function wrongKind(member: Member, value: unknown): string {
  const field = member[0]?.toUpperCase() + member.slice(1);
  return `json: cannot unmarshal ${goKind(value)} into Go struct field StartSessionOutput.${field} of type string`;
}
