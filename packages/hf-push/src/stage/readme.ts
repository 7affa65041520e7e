import type { Project } from '../env/project.js';
import { checkFrontMatter, type CheckedFrontMatter } from '../readme/check.js';
import { fixReadme, hubDefaultPort } from '../readme/fix.js';
import { generateBody, generateFrontMatter, lookOf } from '../readme/generate.js';
import type { Finding, StageOptions } from '../tree/types.js';

/** The Space's README, and the port that it makes the Hub ask. */
export interface PreparedReadme {
  readonly text: string;
  readonly port: number;
  readonly findings: readonly Finding[];
}

/** What the README is made from. */
export interface ReadmeOptions {
  readonly project: Project;
  readonly options: Pick<StageOptions, 'spaceName' | 'remoteReadme' | 'webInterface' | 'fixReadme'>;
  /** The port by the other texts; what front matter says goes before them. */
  readonly port: (said: number | undefined) => number;
}

/**
 * Front matter of the environment's own stays as it is, that of `server/README.md` being taken where README.md has
 * none; otherwise it is made.
 */
export async function prepareReadme({ project, options, port }: ReadmeOptions): Promise<PreparedReadme> {
  const { name, readmes } = project;
  const { spaceName, remoteReadme, webInterface = true } = options;
  const look = await lookOf(spaceName, remoteReadme);
  const own = await withFrontMatter(readmes);
  if (!own) {
    const asked = port(undefined);
    const [first] = readmes;
    const front = generateFrontMatter({ name, look, port: asked, webInterface });
    const text = `${front}${generateBody({ name, webInterface })}${first ? `\n${first.text.replace(/^\uFEFF/, '')}` : ''}`;
    const generated: Finding = {
      rule: 'readme/generated',
      severity: 'note',
      message: first ? `${first.path} has no front matter: it is made.` : 'There is no README.md: it is made.',
      ...(first && { path: first.path }),
    };
    return { text, port: asked, findings: [generated] };
  }
  const { checked, path } = own;
  const expected = port(undefined);
  // What cannot be read says nothing of the port either.
  if (!checked.value) return { text: own.text, port: expected, findings: checked.findings };
  if (!options.fixReadme)
    return {
      text: own.text,
      port: saidPort(checked) ?? hubDefaultPort,
      findings: withPort(checked, path, expected),
    };
  const text = fixReadme(own.text, checked, { name, look, port: expected });
  const again = await checkFrontMatter(text, path);
  const fixed: Finding[] =
    text === own.text ? [] : [{ rule: 'readme/fixed', severity: 'note', message: 'Front matter was mended.', path }];
  return { text, port: saidPort(again) ?? hubDefaultPort, findings: [...fixed, ...again.findings] };
}

async function withFrontMatter(
  readmes: Project['readmes'],
): Promise<{ readonly checked: CheckedFrontMatter; readonly path: string; readonly text: string } | undefined> {
  const [first] = readmes;
  for (const { path, text } of readmes) {
    // oxlint-disable-next-line no-await-in-loop -- the second is read only when the first has none
    const checked = await checkFrontMatter(text, path);
    const { block, isUnclosed } = checked.parts;
    if (block === undefined && !isUnclosed) continue;
    // The second source lends its front matter to the text of the first.
    const isLent = first && first.path !== path && block !== undefined;
    return { checked, path, text: isLent ? `${block}\n${first.text.replace(/^\uFEFF/, '')}` : text };
  }
  return undefined;
}

function saidPort({ value }: CheckedFrontMatter): number | undefined {
  const said = value?.['app_port'];
  return typeof said === 'number' && Number.isInteger(said) && said > 0 && said <= 65_535 ? said : undefined;
}

/** Without app_port the Hub asks 7860, where hardly any environment listens. */
function withPort(checked: CheckedFrontMatter, path: string, expected: number): readonly Finding[] {
  if ((checked.value && 'app_port' in checked.value) || expected === hubDefaultPort) return checked.findings;
  return [
    ...checked.findings,
    {
      rule: 'readme/app-port',
      severity: 'warning',
      message: `Front matter names no app_port: the Hub asks port ${hubDefaultPort}, and the server listens on ${expected}.`,
      hint: `Add app_port: ${expected}, or let --fix-readme add it.`,
      path,
      line: 1,
    },
  ];
}
