import { findEnvironment } from '../env/discover.js';
import { readProject, type Project } from '../env/project.js';
import { replaceBaseImage } from '../dockerfile/base-image.js';
import { generateDockerfile, type GenerateOptions } from '../dockerfile/generate.js';
import { defaultBaseImage, isImageName } from '../dockerfile/images.js';
import { readDockerfile, type DockerfileModel } from '../dockerfile/model.js';
import { portsOf, type Ports } from '../dockerfile/port.js';
import { predictBuild } from '../dockerfile/predict.js';
import { enableWebInterface } from '../dockerfile/web-interface.js';
import { HfPushError } from '../errors.js';
import { readLayersAbove } from '../ignore/read.js';
import { createIgnoreRules } from '../ignore/rules.js';
import { readContent } from '../tree/content.js';
import { blobOid } from '../tree/oid.js';
import type { Finding, Staged, StageOptions, TreeFile } from '../tree/types.js';
import { byPath, findCollisions } from './collisions.js';
import { prepareReadme } from './readme.js';
import { walkTree } from './walk.js';

/** What would be in the Space, and everything that is to be said about it, errors included. */
export interface Prepared {
  readonly project: Project;
  readonly staged: Staged;
  /** The Dockerfile of the Space. */
  readonly model: DockerfileModel;
}

/** Port of OpenEnv's servers where nothing says otherwise. */
const defaultPort = 8000;

/**
 * Makes the tree of a Space from an environment. What is wrong with it is among the findings; only what keeps it from
 * being looked at is thrown.
 */
export async function prepareEnvironment(options: StageOptions): Promise<Prepared> {
  const { baseImage, webInterface = true, signal } = options;
  if (baseImage !== undefined && !isImageName(baseImage))
    throw new HfPushError('HAWSER_HF_BAD_INPUT', `${JSON.stringify(baseImage)} is not the name of an image.`, {
      hint: 'Write it as registry/name:tag.',
    });
  const project = await readProject(findEnvironment(options));
  const { layout } = project;
  const findings: Finding[] = [...project.findings];

  const walked = await walkTree({
    root: layout.root,
    trees: layout.trees,
    rules: createIgnoreRules(readLayersAbove(layout.root, project.root), options.exclude ?? []),
    allowSecrets: options.allowSecrets ?? false,
    signal,
  });
  findings.push(...walked.findings);

  const readme = await prepareReadme({ project, options, port: (kept) => portFor(project, kept) });
  findings.push(...readme.findings);
  const { text: dockerfile, replaced } = editDockerfile(project, { baseImage, webInterface, port: readme.port });

  const files = new Map(walked.files.map((file) => [file.path, file]));
  if (layout.kind === 'flat' && project.dockerfile) files.delete(project.dockerfile.path);
  for (const [path, text] of [
    ['Dockerfile', dockerfile],
    ['README.md', readme.text],
  ] as const)
    files.set(path, keptOrMade(path, text, walked.files, project));

  const sorted = [...files.values()].toSorted(byPath);
  const paths = sorted.map(({ path }) => path);
  findings.push(...findCollisions(paths));
  const model = readDockerfile(dockerfile);
  const ignoring = files.get('.dockerignore');
  findings.push(
    ...predictBuild({
      model,
      path: project.dockerfile?.path ?? 'Dockerfile',
      files: paths,
      dockerignore: ignoring && (await readContent(ignoring, { signal })).toString('utf8'),
    }),
    ...checkPorts(project, model, readme.port),
  );
  for (const base of replaced)
    findings.push({
      rule: 'dockerfile/local-base',
      severity: 'note',
      message: `${base} is on its author's own machine only: ${defaultBaseImage(layout.folder)} takes its place.`,
      ...(project.dockerfile && { path: project.dockerfile.path }),
    });
  return {
    project,
    model,
    staged: {
      name: project.name,
      folder: project.folder,
      layout: layout.kind,
      files: sorted,
      variables: project.manifest?.variables ?? {},
      appPort: readme.port,
      findings: findings.map((finding) => belowFolder(finding, layout.folder)),
    },
  };
}

interface EditedDockerfile {
  readonly text: string;
  /** Placeholders that made way for the default. */
  readonly replaced: readonly string[];
}

function editDockerfile(
  project: Project,
  { baseImage, webInterface, port }: { baseImage: string | undefined; webInterface: boolean; port: number },
): EditedDockerfile {
  const { dockerfile, layout } = project;
  if (!dockerfile) {
    const text = generateDockerfile({
      name: project.name,
      layout: layout.kind,
      baseImage,
      port,
      folder: layout.folder,
      hasCore: layout.trees.includes('src/core'),
      install: installOf(project),
      webInterface,
    });
    return { text, replaced: [] };
  }
  const asked = baseImage === undefined ? undefined : replaceBaseImage(dockerfile.text, baseImage);
  // What the flag did not reach may still stand on a placeholder.
  const { text, replaced } = replaceBaseImage(
    asked?.text ?? dockerfile.text,
    defaultBaseImage(layout.folder),
    'placeholder',
  );
  return { text: webInterface ? enableWebInterface(text) : text, replaced };
}

function installOf({ pyproject, requirements }: Project): GenerateOptions['install'] {
  if (pyproject !== undefined) return 'pyproject';
  return requirements === undefined ? undefined : { requirements };
}

/** A text that is what a file holds already stays that file. */
function keptOrMade(path: string, text: string, walked: readonly TreeFile[], project: Project): TreeFile {
  const bytes = Buffer.from(text);
  const oid = blobOid(bytes);
  const sources = [path, project.dockerfile?.path, ...project.readmes.map((each) => each.path)].flatMap((each) =>
    each === undefined ? [] : [each, `${project.layout.folder}/${each}`],
  );
  const same = walked.find((file) => file.oid === oid && sources.includes(file.path));
  return { path, size: bytes.byteLength, oid, content: same?.content ?? { kind: 'bytes', bytes } };
}

/** What the container listens on, as far as its texts tell; what kept front matter says is what the Hub will ask. */
function portFor({ model, manifest }: Project, kept: number | undefined): number {
  const { command, exposed }: Ports = model ? portsOf(model) : { command: undefined, exposed: [] };
  const single = exposed.length === 1 ? exposed[0] : undefined;
  return kept ?? command ?? manifest?.port ?? single ?? defaultPort;
}

function checkPorts({ manifest, dockerfile }: Project, model: DockerfileModel, appPort: number): readonly Finding[] {
  const { command, exposed } = portsOf(model);
  const path = dockerfile?.path ?? 'Dockerfile';
  const findings: Finding[] = [];
  if (command !== undefined && command !== appPort)
    findings.push({
      rule: 'port/command',
      severity: 'warning',
      message: `The server is told to listen on port ${command}, and the Space asks port ${appPort}.`,
      hint: `Let app_port in README.md be ${command}.`,
      path,
    });
  else if (command === undefined && exposed.length > 0 && !exposed.includes(appPort))
    findings.push({
      rule: 'port/exposed',
      severity: 'warning',
      message: `The Dockerfile exposes ${exposed.join(', ')}, and the Space asks port ${appPort}.`,
      path,
    });
  if (manifest?.port !== undefined && manifest.port !== appPort)
    findings.push({
      rule: 'port/manifest',
      severity: 'warning',
      message: `openenv.yaml says port ${manifest.port}, and the Space asks port ${appPort}.`,
      path: 'openenv.yaml',
    });
  return findings;
}

function belowFolder(finding: Finding, folder: string): Finding {
  const { path } = finding;
  if (folder === '' || path === undefined || !path.startsWith(`${folder}/`)) return finding;
  return { ...finding, path: path.slice(folder.length + 1) };
}
