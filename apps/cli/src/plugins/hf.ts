import type { Context } from '@hawser/cli-kit';
import { CliKitError } from '@hawser/cli-kit/start';
import type { CustomTemplate, TemplateName, ValidationReport } from '@hawser/hf-push';
import { templateNames, withFindings } from '@hawser/hf-push';
import { nearMisses } from '@hawser/near-miss';
import { saidBy } from './said-by.js';

/** A report with what the rules of plugins found besides, and what they ask for by their ids. */
export interface JudgedReport {
  readonly report: ValidationReport;
  readonly asks: Readonly<Record<string, string>>;
}

/** Holds an environment to the rules of plugins. One that is broken is skipped, and said to be. */
export async function judgeByPlugins(
  report: ValidationReport,
  { extensions, out, signal }: Pick<Context, 'extensions' | 'out' | 'signal'>,
): Promise<JudgedReport> {
  const asks: Record<string, string> = {};
  const { environment, folder } = report;
  const judged = await Promise.all(
    (await extensions('hf-rule')).map(async (each) => {
      const rule = `${each.plugin}/${each.name}`;
      try {
        const extension = await each.load();
        asks[rule] = extension.asks;
        const found = await extension.check({ environment, folder, signal });
        return { findings: found.map((finding) => ({ ...finding, rule })), skipped: [] };
      } catch (thrown) {
        signal.throwIfAborted();
        await out.warn(saidBy(thrown));
        return { findings: [], skipped: [{ rule, reason: 'its plugin is broken' }] };
      }
    }),
  );
  const findings = judged.flatMap((each) => each.findings);
  return { report: withFindings(report, { findings, skipped: judged.flatMap(({ skipped }) => skipped) }), asks };
}

/**
 * The template of that name, ours or a plugin's.
 *
 * @throws CliKitError HAWSER_CLI_USAGE where there is none, HAWSER_CLI_EXTENSION_BROKEN
 */
export async function templateNamed(
  name: string,
  { extensions }: Pick<Context, 'extensions'>,
): Promise<TemplateName | CustomTemplate> {
  const own = templateNames.find((each) => each === name);
  if (own) return own;
  const others = await extensions('hf-template');
  const found = others.find((each) => each.name === name);
  if (found) {
    const template = await found.load();
    return { name, files: (names) => template.files(names) };
  }
  const all = [...templateNames, ...others.map((each) => each.name)];
  const [meant] = nearMisses(name, all);
  throw new CliKitError('HAWSER_CLI_USAGE', `There is no template '${name}'.`, {
    hint: meant === undefined ? `There are: ${all.join(', ')}.` : `Did you mean ${meant}?`,
    details: { templates: all },
  });
}
