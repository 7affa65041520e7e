import type { Finding } from '../tree/types.js';

/** A check that could not be made, which is not the same as one that was passed. */
export interface SkippedCheck {
  readonly rule: string;
  readonly reason: string;
}

/** How many findings of each severity. */
export interface FindingSummary {
  readonly errors: number;
  readonly warnings: number;
  readonly notes: number;
}

/** What is to be said about an environment before it is pushed. */
export interface ValidationReport {
  /** Name of its folder. */
  readonly environment: string;
  /** Absolute path of its folder. */
  readonly folder: string;
  readonly layout: 'repository' | 'flat';
  /** Whether there is no error. */
  readonly passed: boolean;
  /** Errors first, then by file and line. */
  readonly findings: readonly Finding[];
  readonly skipped: readonly SkippedCheck[];
  readonly summary: FindingSummary;
}

/** What is to be said about a server that runs. */
export interface LiveReport {
  readonly url: string;
  readonly passed: boolean;
  /** `simulation` serves /reset, /step and /state; `production` none of them. */
  readonly mode: 'simulation' | 'production' | 'unknown';
  /** What the server says of its version. */
  readonly version: string | undefined;
  /** Every criterion in its order. */
  readonly criteria: readonly { readonly rule: string; readonly passed: boolean }[];
  /** One error for each that was not met. */
  readonly findings: readonly Finding[];
}

/** Counts findings by severity. */
export function summarize(findings: readonly Finding[]): FindingSummary {
  const count = (wanted: Finding['severity']): number => findings.filter(({ severity }) => severity === wanted).length;
  return { errors: count('error'), warnings: count('warning'), notes: count('note') };
}

/** A report with what others have found, or could not check, besides. */
export function withFindings(
  report: ValidationReport,
  more: { readonly findings: readonly Finding[]; readonly skipped: readonly SkippedCheck[] },
): ValidationReport {
  const findings = inOrder([...report.findings, ...more.findings]);
  const summary = summarize(findings);
  return { ...report, findings, skipped: [...report.skipped, ...more.skipped], summary, passed: summary.errors === 0 };
}

const ranks = { error: 0, warning: 1, note: 2 } as const;

/** Errors first, then by file and line; what is told twice is told once. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  const unique = new Map(findings.map((each) => [`${each.rule}\n${each.path}\n${each.line}\n${each.message}`, each]));
  return [...unique.values()].toSorted(
    (a, b) =>
      ranks[a.severity] - ranks[b.severity] ||
      (a.path ?? '').localeCompare(b.path ?? '', 'en') ||
      (a.line ?? 0) - (b.line ?? 0),
  );
}
