import type { Instruction } from 'dockerfile-ast';
import { namesOf } from '../env/sources.js';
import type { Finding } from '../tree/types.js';
import { rootOf } from './base-image.js';
import { parseDockerignore } from './dockerignore.js';
import { compileGlob, isGlob } from './glob.js';
import { canBePulled } from './images.js';
import { is, wordsOf, type DockerfileModel, type FromReference, type Stage } from './model.js';
import { chainOf, effective } from './port.js';
import { webVariable } from './web-interface.js';

/** What a build is predicted from. */
export interface PredictOptions {
  readonly model: DockerfileModel;
  /** How findings name the file. */
  readonly path: string;
  /** Paths of all files of the build context. */
  readonly files: readonly string[];
  /** The context's .dockerignore. */
  readonly dockerignore?: string | undefined;
}

/** Says without a build what would make one fail, or the container not be what was meant. */
export function predictBuild({ model, path, files, dockerignore }: PredictOptions): readonly Finding[] {
  const findings: Finding[] = [];
  const tell = (rule: string, severity: Finding['severity'], message: string, line?: number, hint?: string): void => {
    findings.push({
      rule: `dockerfile/${rule}`,
      severity,
      message,
      path,
      ...(line !== undefined && { line }),
      ...(hint !== undefined && { hint }),
    });
  };
  checkSyntax(model, tell);
  if (!model.final) return findings;
  for (const reference of model.references) checkReference(model, reference, tell);
  checkSources(model, files, dockerignore, tell);
  checkBases(model, tell);
  checkFinal(model, model.final, tell);
  return findings;
}

type Tell = (rule: string, severity: Finding['severity'], message: string, line?: number, hint?: string) => void;

const keywords: ReadonlySet<string> = new Set(
  (
    'ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME ' +
    'WORKDIR'
  ).split(' '),
);

function checkSyntax(model: DockerfileModel, tell: Tell): void {
  if (model.stages.length === 0) tell('syntax', 'error', 'The Dockerfile has no FROM.', 1);
  const firstFrom = model.instructions.findIndex(is('FROM'));
  for (const [index, instruction] of model.instructions.entries()) {
    const keyword = instruction.getKeyword();
    const line = lineOf(instruction);
    if (!keywords.has(keyword)) tell('syntax', 'error', `${instruction.getInstruction()} is no instruction.`, line);
    else if (index < firstFrom && keyword !== 'ARG')
      tell('syntax', 'error', `${keyword} stands before the first FROM, where only ARG may.`, line);
    else if (instruction.getArguments().length === 0)
      tell('syntax', 'error', `${keyword} has nothing behind it.`, line);
  }
  for (const { image, resolvedImage, line } of model.stages)
    if (image !== '' && resolvedImage === '')
      tell('base-unknown', 'error', `FROM ${image} names no image: the variable has no default.`, line, giveBase);
}

function checkReference(model: DockerfileModel, { stage, name, line }: FromReference, tell: Tell): void {
  const wanted = name.toLowerCase();
  const earlier = model.stages.slice(0, stage.index);
  if (earlier.some((each) => each.name === wanted)) return;
  const message = `--from=${name} names no stage above it.`;
  if (/^\d+$/.test(wanted)) {
    if (Number(wanted) >= stage.index) tell('unknown-stage', 'error', message, line);
    return;
  }
  // Whatever is no stage is an image.
  const isMeantAsStage = model.stages.some((each) => each.name === wanted) || canBePulled(name) !== 'yes';
  if (isMeantAsStage) tell('unknown-stage', 'error', message, line, 'Check the names behind AS.');
}

function checkSources(
  model: DockerfileModel,
  files: readonly string[],
  dockerignore: string | undefined,
  tell: Tell,
): void {
  const isIgnored = dockerignore === undefined ? () => false : parseDockerignore(dockerignore);
  const all = withFolders(files);
  const context = dockerignore === undefined ? all : withFolders(files.filter((file) => !isIgnored(file)));
  for (const { path, unknown, line } of model.sources) {
    const names = namesOf(path);
    if (unknown.length > 0)
      tell('unknown-variable', 'note', `${path} cannot be checked: ${unknown.join(', ')} has no value here.`, line);
    else if (!names) tell('source-outside', 'error', `${path} leads out of the build context.`, line);
    else if (!isThere(context, names.join('/')))
      if (isThere(all, names.join('/')))
        tell('ignored-source', 'error', `${path} is copied, but .dockerignore leaves it out.`, line);
      else
        tell(
          'missing-source',
          'error',
          `${path} is copied, but will not be in the Space.`,
          line,
          'Check the path, and that no ignore file leaves it out.',
        );
  }
}

function withFolders(files: readonly string[]): ReadonlySet<string> {
  const paths = new Set(files);
  for (const file of files)
    for (let at = file.lastIndexOf('/'); at > 0; at = file.lastIndexOf('/', at - 1)) {
      const folder = file.slice(0, at);
      if (paths.has(folder)) break;
      paths.add(folder);
    }
  return paths;
}

function isThere(paths: ReadonlySet<string>, source: string): boolean {
  if (source === '') return paths.size > 0;
  if (!isGlob(source)) return paths.has(source);
  const pattern = compileGlob(source);
  return pattern !== undefined && [...paths].some((path) => pattern.test(path));
}

const giveBase = 'Give the image with --base-image, or mend the FROM.';

function checkBases(model: DockerfileModel, tell: Tell): void {
  for (const stage of model.stages) {
    const { resolvedImage: image, platform, line } = stage;
    if (
      platform !== undefined &&
      !/^(?:linux\/(?:amd64|x86_64)(?:\/.*)?|\$\{?(?:BUILD|TARGET)PLATFORM\}?)$/.test(platform)
    )
      tell('platform', 'warning', `--platform=${platform}: Spaces run on linux/amd64.`, line);
    if (stage.parent || image === '') continue;
    const verdict = canBePulled(image);
    if (verdict === 'no')
      tell(
        'local-base',
        'error',
        `${image} is an image of its author's own machine: no Space can pull it.`,
        line,
        giveBase,
      );
    if (verdict === 'doubtful')
      tell(
        'local-base',
        'warning',
        `${image} names no registry: it may be on its author's own machine only.`,
        line,
        giveBase,
      );
  }
}

function checkFinal(model: DockerfileModel, final: Stage, tell: Tell): void {
  const command = effective(final, 'CMD') ?? effective(final, 'ENTRYPOINT');
  if (!command)
    tell('no-command', 'warning', 'The final stage has no CMD: what the base image runs is run.', final.line);
  const commands = final.instructions.filter(is('CMD'));
  if (commands.length > 1)
    tell('several-commands', 'warning', `There are ${commands.length} CMDs: the last one counts.`, lineOf(commands[0]));
  if (command && wordsOf(command, model).form === 'shell')
    tell(
      'shell-form',
      'note',
      `${command.getKeyword()} is in shell form: signals reach the shell, not the server.`,
      lineOf(command),
    );
  if (
    command &&
    new RegExp(`\\b${webVariable}=(?!true\\b|1\\b|yes\\b)`, 'i').test(wordsOf(command, model).words.join(' '))
  )
    tell('web-overridden', 'warning', `${command.getKeyword()} sets ${webVariable} itself.`, lineOf(command));
  if (!effective(final, 'USER'))
    tell(
      'no-user',
      'note',
      'There is no USER. A Space runs as user 1000, whoever built the image.',
      rootOf(final).line,
    );
  if (!chainOf(final).some(({ instructions }) => instructions.some(is('HEALTHCHECK'))))
    tell('no-healthcheck', 'note', 'There is no HEALTHCHECK.', final.line);
}

function lineOf(instruction: Instruction | undefined): number {
  return (instruction?.getRange().start.line ?? 0) + 1;
}
