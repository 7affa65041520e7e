import { checkSchema, type Complaint } from '../schema/check.js';
import { readYamlMap, type ParsedMap } from '../text/yaml-map.js';
import type { Finding } from '../tree/types.js';
import { splitReadme, type ReadmeParts } from './front-matter.js';

/** Front matter that was read and judged. */
export interface CheckedFrontMatter {
  readonly parts: ReadmeParts;
  /** What it says; undefined when there is none, or none that can be read. */
  readonly value?: Readonly<Record<string, unknown>>;
  readonly document?: ParsedMap;
  readonly complaints: readonly Complaint[];
  readonly findings: readonly Finding[];
}

/**
 * Reads and judges the front matter of a README. Nothing in it can make this throw or take long.
 *
 * @param path - how findings name the file.
 */
export async function checkFrontMatter(text: string, path: string): Promise<CheckedFrontMatter> {
  const parts = splitReadme(text);
  if (parts.isUnclosed)
    return broken(parts, {
      rule: 'readme/unclosed',
      severity: 'error',
      message: 'The front matter has no closing line --- among the first 100 lines.',
      path,
      line: 1,
    });
  if (parts.block === undefined) return { parts, complaints: [], findings: [] };
  const map = await readYamlMap(parts.yaml);
  if (!map.ok)
    return broken(parts, {
      rule: 'readme/front-matter',
      severity: 'error',
      message: `The front matter cannot be used: ${map.message}`,
      path,
      line: map.line + 1,
    });
  const complaints = await checkSchema('frontMatter', map.value);
  return {
    parts,
    value: map.value,
    document: map.document,
    complaints,
    findings: complaints.map((complaint) => findingOf(complaint, parts.yaml, path)),
  };
}

function broken(parts: ReadmeParts, finding: Finding): CheckedFrontMatter {
  return { parts, complaints: [], findings: [finding] };
}

function findingOf({ path: names, message, keyword }: Complaint, yaml: string, path: string): Finding {
  const [top = ''] = names;
  const at = yaml.split('\n').findIndex((line) => new RegExp(`^["']?${top}["']?\\s*:`).test(line));
  return {
    rule: ruleOf(top),
    // What is missing the Hub makes up itself, but for the kind of Space.
    severity: keyword === 'required' && top !== 'sdk' ? 'warning' : 'error',
    message: `Front matter: ${names.join('.')} ${message}.`,
    hint: 'Correct it, or let --fix-readme correct it.',
    path,
    ...(at !== -1 && { line: at + 2 }),
  };
}

function ruleOf(key: string): string {
  if (key === 'colorFrom' || key === 'colorTo') return 'readme/color';
  if (key === 'emoji' || key === 'sdk') return `readme/${key}`;
  if (key === 'app_port') return 'readme/app-port';
  return 'readme/field';
}
