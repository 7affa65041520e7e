import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HfPushError } from '../errors.js';
import { readDockerfile, type DockerfileModel } from '../dockerfile/model.js';
import type { Finding } from '../tree/types.js';
import type { FoundEnvironment } from './discover.js';
import { inferLayout, type Layout } from './layout.js';
import { readManifest, type Manifest } from './manifest.js';

/** A text of the environment, and where it is below its folder. */
export interface ProjectText {
  readonly path: string;
  readonly text: string;
}

/** What an environment's folder says about itself. */
export interface Project extends FoundEnvironment {
  readonly dockerfile: ProjectText | undefined;
  readonly model: DockerfileModel | undefined;
  readonly manifest: Manifest | undefined;
  /** Where front matter is looked for, the first first. */
  readonly readmes: readonly ProjectText[];
  readonly pyproject: string | undefined;
  readonly requirements: string | undefined;
  readonly layout: Layout;
  readonly findings: readonly Finding[];
}

/** No file that is read whole may be larger; a Dockerfile's stages are compared with each other. */
const maxTextBytes = 1 << 20;
const maxDockerfileBytes = 128 << 10;

/**
 * Reads what an environment says about itself.
 *
 * @throws HfPushError HAWSER_HF_LOCAL_FILE when one of its texts cannot be read.
 */
export async function readProject(environment: FoundEnvironment): Promise<Project> {
  const findings: Finding[] = [];
  const read = (path: string, maxBytes = maxTextBytes): ProjectText | undefined => {
    const text = readText(join(environment.folder, path), path, maxBytes);
    return text === undefined ? undefined : { path, text };
  };
  const candidates = ['Dockerfile', 'server/Dockerfile'].flatMap((path) => read(path, maxDockerfileBytes) ?? []);
  const [dockerfile, second] = candidates;
  if (second)
    findings.push({
      rule: 'dockerfile/two',
      severity: 'note',
      message: 'There are two Dockerfiles: the Space is built from Dockerfile, not from server/Dockerfile.',
      path: second.path,
    });
  const model = dockerfile && readDockerfile(dockerfile.text);
  const manifestText = read('openenv.yaml');
  const manifest = manifestText && (await readManifest(manifestText.text));
  findings.push(...(manifest?.findings ?? []));
  const pyproject = read('pyproject.toml')?.text;
  const requirements = ['server/requirements.txt', 'requirements.txt'].find((path) => read(path));
  return {
    ...environment,
    dockerfile,
    model,
    manifest: manifest?.manifest,
    readmes: ['README.md', 'server/README.md'].flatMap((path) => read(path) ?? []),
    pyproject,
    requirements,
    layout: inferLayout(environment, model?.sources, pyproject !== undefined),
    findings,
  };
}

function readText(path: string, shown: string, maxBytes: number): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isFile()) return undefined;
  if (stats.size > maxBytes)
    throw new HfPushError('HAWSER_HF_LOCAL_FILE', `${shown} is larger than ${maxBytes / 1024} KiB.`, {
      hint: 'Make it smaller: nothing of that size is a text that a person wrote.',
      details: { path: shown },
    });
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new HfPushError('HAWSER_HF_LOCAL_FILE', `${shown} cannot be read: ${(cause as Error).message}`, {
      cause,
      details: { path: shown },
    });
  }
}
