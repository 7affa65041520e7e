import { pathToFileURL } from 'node:url';
import type { Finding } from '../tree/types.js';
import { validationRules } from './rules.js';
import type { ValidationReport } from './types.js';

/** A SARIF log, as far as {@link toSarif} writes one. */
export interface SarifLog {
  readonly $schema: string;
  readonly version: '2.1.0';
  readonly runs: readonly object[];
}

/**
 * A report in SARIF 2.1.0, which code hosts and editors show beside the lines. Paths are relative to the environment's
 * folder, named `ENVIRONMENT`; checks that could not be made are notifications.
 *
 * @see OASIS, Static Analysis Results Interchange Format 2.1.0, §3.
 */
export function toSarif(
  report: ValidationReport,
  /** What rules of others ask for, by their ids. */
  others: Readonly<Record<string, string>> = {},
): SarifLog {
  const ids = [...new Set(report.findings.map(({ rule }) => rule))].toSorted();
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'hawser hf validate',
            informationUri: 'https://github.com/hawser/hawser',
            rules: ids.map((id) => ({ id, shortDescription: { text: validationRules[id] ?? others[id] ?? id } })),
          },
        },
        originalUriBaseIds: { ENVIRONMENT: { uri: `${pathToFileURL(report.folder).href}/` } },
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: report.skipped.map(({ rule, reason }) => ({
              level: 'note',
              message: { text: `${rule} was not checked: ${reason}.` },
            })),
          },
        ],
        results: report.findings.map((finding) => resultOf(finding, ids)),
      },
    ],
  };
}

function resultOf({ rule, severity, message, hint, path, line }: Finding, ids: readonly string[]): object {
  return {
    ruleId: rule,
    ruleIndex: ids.indexOf(rule),
    level: severity,
    message: { text: hint === undefined ? message : `${message} ${hint}` },
    ...(path !== undefined && {
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: path.split('/').map(encodeURIComponent).join('/'), uriBaseId: 'ENVIRONMENT' },
            ...(line !== undefined && { region: { startLine: line } }),
          },
        },
      ],
    }),
  };
}
