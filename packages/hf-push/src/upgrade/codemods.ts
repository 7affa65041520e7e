import { applyEdits } from '../text/edits.js';
import { baseImageOfToday } from '../dockerfile/images.js';
import { offsetsOf, readDockerfile } from '../dockerfile/model.js';

/** The texts of an environment, by path below its folder. */
export type Texts = ReadonlyMap<string, string>;

/** What a codemod works on. */
export interface CodemodInput {
  readonly name: string;
  readonly texts: Texts;
  /** Port the container listens on. */
  readonly port: number;
}

/** A change from one version of OpenEnv to another. Done twice, it changes nothing more. */
export interface Codemod {
  readonly id: string;
  /** The version of OpenEnv that asks for it. */
  readonly since: string;
  readonly title: string;
  /** Texts that are new or different. */
  readonly apply: (input: CodemodInput) => Texts;
  /** What a person has to look at. */
  readonly remarks?: (input: CodemodInput) => readonly string[];
}

const oldImage = 'ghcr.io/meta-pytorch/openenv-base';
const newImage = 'ghcr.io/huggingface/openenv-base';

/** All changes, in the order in which they are made. */
export const codemods: readonly Codemod[] = [
  {
    id: 'manifest',
    since: '0.2.0',
    title: 'openenv.yaml with spec_version',
    apply: ({ name, texts, port }) => {
      const before = texts.get('openenv.yaml');
      if (before !== undefined && /^spec_version\s*:/m.test(before)) return new Map();
      const head = `spec_version: 1\n${before === undefined ? `name: ${name}\n` : ''}type: space\nruntime: fastapi\napp: server.app:app\nport: ${port}\n`;
      // Classes are found in the code now; what else a person wrote stays.
      const kept =
        before?.replace(/^(?:action|observation|state|client|server)[ \t]*:.*\n?(?:[ \t]+.*\n?)*/gm, '') ?? '';
      return new Map([['openenv.yaml', `${head}${kept}`]]);
    },
  },
  {
    id: 'self-contained',
    since: '0.2.0',
    title: 'an environment that stands by itself: pyproject.toml, its own Dockerfile, imports of openenv',
    apply: ({ name, texts, port }) => {
      const changes = new Map<string, string>();
      for (const [path, text] of texts) {
        if (!path.endsWith('.py')) continue;
        const upwards = '.'.repeat(path.split('/').length);
        const next = text
          .replace(/^([ \t]*(?:from|import)[ \t]+)(?:src\.)?core(?=[. \t])/gm, '$1openenv.core')
          .replace(
            new RegExp(`^([ \\t]*from[ \\t]+)(?:src\\.)?envs\\.${name}(?:\\.(?=\\w)|(?=[ \\t]))`, 'gm'),
            `$1${upwards}`,
          );
        if (next !== text) changes.set(path, next);
      }
      if (!texts.has('pyproject.toml')) changes.set('pyproject.toml', pyprojectOf(name));
      const dockerfile = texts.get('server/Dockerfile') ?? texts.get('Dockerfile');
      const path = texts.has('Dockerfile') ? 'Dockerfile' : 'server/Dockerfile';
      if (dockerfile === undefined || copiesFromRepository(dockerfile, name))
        changes.set(path, selfContained(dockerfile, name, port));
      return changes;
    },
    remarks: ({ texts }) =>
      [...texts]
        .filter(([path, text]) => path.endsWith('.py') && /\bHTTPEnvClient\b/.test(text))
        .map(([path]) => `${path} uses HTTPEnvClient, which is EnvClient now: its methods have to be looked at.`),
  },
  {
    id: 'base-image',
    since: '0.3.1',
    title: `${oldImage} is ${newImage}`,
    apply: ({ texts }) => changedIn(texts, /(?:^|\/)Dockerfile$/, (text) => text.replaceAll(oldImage, newImage)),
  },
  {
    id: 'dependency',
    since: '0.10.0',
    title: 'openenv-core is openenv',
    apply: ({ texts }) =>
      changedIn(texts, /(?:^|\/)(?:pyproject\.toml|requirements[\w.-]*\.txt|Dockerfile)$/, (text) =>
        text.replace(/(?<![\w./-])openenv-core(?![\w/-])/g, 'openenv'),
      ),
  },
];

function changedIn(texts: Texts, paths: RegExp, change: (text: string) => string): Texts {
  const changed = [...texts].filter(([path]) => paths.test(path)).map(([path, text]) => [path, change(text)] as const);
  return new Map(changed.filter(([path, text]) => text !== texts.get(path)));
}

function copiesFromRepository(dockerfile: string, name: string): boolean {
  return readDockerfile(dockerfile).sources.some(({ path }) => isOfRepository(path, name));
}

function isOfRepository(source: string, name: string): boolean {
  return new RegExp(`^(?:\\./|/)?(?:src/core|src/openenv|(?:src/)?envs/${name})(?:/|$)`).test(source);
}

/** The same Dockerfile with the environment's folder for its context; one of ours where there is none. */
function selfContained(dockerfile: string | undefined, name: string, port: number): string {
  if (dockerfile === undefined)
    return [
      `FROM ${baseImageOfToday}`,
      'WORKDIR /app/env',
      'COPY . /app/env',
      'RUN pip install --no-cache-dir .',
      `EXPOSE ${port}`,
      `CMD ["uvicorn", "server.app:app", "--host", "0.0.0.0", "--port", "${port}"]`,
      '',
    ].join('\n');
  const model = readDockerfile(dockerfile);
  const lines = new Set(model.sources.filter(({ path }) => isOfRepository(path, name)).map(({ line }) => line));
  const edits = model.instructions
    .filter((each) => lines.has(each.getRange().start.line + 1))
    .map((each) => {
      const copied = model.sources.filter(({ line }) => line === each.getRange().start.line + 1);
      const destination = each.getArguments().at(-1)?.getValue() ?? '/app/';
      const [source] = copied;
      // The framework comes from the package index now.
      const isFramework = copied.every(({ path }) => /src\/(?:core|openenv)(?:\/|$)/.test(path));
      const inside = source?.path.replace(new RegExp(`^(?:\\./|/)?(?:src/)?envs/${name}/?`), '') || '.';
      const text = isFramework ? 'RUN pip install --no-cache-dir "openenv[core]"' : `COPY ${inside} ${destination}`;
      return { ...offsetsOf(model, each.getRange()), text };
    });
  return applyEdits(dockerfile, edits);
}

function pyprojectOf(name: string): string {
  return `[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"

[project]
name = "openenv-${name.replaceAll('_', '-')}"
version = "0.1.0"
requires-python = ">=3.10"
dependencies = ["openenv[core]>=0.2.2"]

[project.scripts]
server = "${name}.server.app:main"

[tool.setuptools]
packages = ["${name}", "${name}.server"]
package-dir = { "${name}" = ".", "${name}.server" = "server" }
`;
}
