import type { Env, Property } from 'dockerfile-ast';
import { applyEdits, lineEndingOf } from '../text/edits.js';
import { is, offsetsOf, readDockerfile, type DockerfileModel, type Stage } from './model.js';

/** The variable that turns OpenEnv's web interface on. */
export const webVariable = 'ENABLE_WEB_INTERFACE';

/**
 * Makes the final stage say `ENV ENABLE_WEB_INTERFACE=true`: the value that counts is replaced where there is one in
 * that stage, else a line is put before the first CMD or ENTRYPOINT, or behind FROM where there is
 * none. Doing it twice changes nothing more.
 */
export function enableWebInterface(text: string): string {
  const model = readDockerfile(text);
  if (!model.final) return text;
  const property = settingOf(model.final);
  const value = property?.getValueRange();
  if (value) {
    if (property?.getValue()?.toLowerCase() === 'true') return text;
    return applyEdits(text, [{ ...offsetsOf(model, value), text: 'true' }]);
  }
  return insert(model, model.final);
}

/**
 * What the variable is in the container: the last value of the final stage, or of the stages it stands on. Undefined
 * when none of them sets it.
 */
export function webInterfaceOf({ final }: DockerfileModel): string | undefined {
  for (let stage = final; stage; stage = stage.parent) {
    const property = settingOf(stage);
    if (property) return property.getValue() ?? '';
  }
  return undefined;
}

/** Whether OpenEnv takes a value for yes. */
export function isWebInterfaceOn(value: string | undefined): boolean {
  return value !== undefined && /^(?:true|1|yes)$/i.test(value);
}

function settingOf(stage: Stage): Property | undefined {
  const settings = (stage.instructions.filter(is('ENV')) as Env[]).flatMap((env) => env.getProperties());
  return settings.findLast((property) => property.getName() === webVariable && property.getValueRange());
}

/** Comments right above an instruction belong to it. */
function firstLineOf(text: string, line: number): number {
  const lines = text.split(/\r\n|\r|\n/);
  let first = line;
  while (/^\s*#/.test(lines[first - 1] ?? '')) first -= 1;
  return first;
}

function insert(model: DockerfileModel, final: Stage): string {
  const eol = lineEndingOf(model.text);
  const command = final.instructions.find(
    (instruction) => instruction.getKeyword() === 'CMD' || instruction.getKeyword() === 'ENTRYPOINT',
  );
  const line = `ENV ${webVariable}=true`;
  if (command) {
    const at = model.offsetAt({ line: firstLineOf(model.text, command.getRange().start.line), character: 0 });
    return applyEdits(model.text, [{ start: at, end: at, text: `${line}${eol}` }]);
  }
  // Not at the end: what stands there may be a heredoc or a line that nobody ended.
  const at = model.offsetAt(final.from.getRange().end);
  return applyEdits(model.text, [{ start: at, end: at, text: `${eol}${line}` }]);
}
