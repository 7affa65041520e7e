// Environments of our own making that have the shape of real ones.

/** Two-stage Dockerfile of today's layout, as `openenv init` makes them. */
export const flatDockerfile = `ARG BASE_IMAGE=ghcr.io/huggingface/openenv-base:latest
FROM \${BASE_IMAGE} AS builder
WORKDIR /app
ARG ENV_NAME=my_env
COPY . /app/env
RUN --mount=type=cache,target=/root/.cache/uv \\
    if [ -f uv.lock ]; then \\
        uv sync --frozen; \\
    else \\
        uv sync; \\
    fi

FROM \${BASE_IMAGE}
COPY --from=builder /app/env/.venv /app/.venv
COPY --from=builder /app/env /app/env
HEALTHCHECK --interval=30s \\
    CMD curl -f http://localhost:8000/health || exit 1

# Run the server
CMD ["sh", "-c", "cd /app/env && uvicorn server.app:app --host 0.0.0.0 --port 8000"]
`;

export const frontMatter = `---
title: My Env
emoji: 🎯
colorFrom: pink
colorTo: blue
sdk: docker
app_port: 8000
base_path: /web
tags:
  - openenv
---
`;

export const pyproject = `[project]
name = "openenv-my-env"
version = "0.1.0"
requires-python = ">=3.10"
dependencies = ["openenv[core]>=0.2.2"]

[project.scripts]
server = "my_env.server.app:main"
`;

const appText = `from openenv.core.env_server.http_server import create_app

app = create_app()


def main():
    import uvicorn

    uvicorn.run(app, port=8000)


if __name__ == "__main__":
    main()
`;

/** An environment of today's layout: everything in one folder. */
export function flatEnvironment(
  changes: Readonly<Record<string, string | undefined>> = {},
  prefix = 'envs/my_env/',
): Record<string, string> {
  return changed(
    {
      'openenv.yaml': 'spec_version: 1\nname: my_env\ntype: space\nruntime: fastapi\napp: server.app:app\nport: 8000\n',
      'pyproject.toml': pyproject,
      'README.md': `${frontMatter}\n# My Env\n`,
      '__init__.py': '',
      'client.py': 'class MyEnv:\n    pass\n',
      'models.py': 'class MyAction:\n    pass\n',
      'server/__init__.py': '',
      'server/app.py': appText,
      'server/my_env_environment.py': 'class MyEnvironment:\n    pass\n',
      'server/Dockerfile': flatDockerfile,
    },
    changes,
    prefix,
  );
}

/** Dockerfile of the seed's layout: it copies from the repository's root, from a base on its author's machine. */
export const seedDockerfile = `ARG BASE_IMAGE=openenv-base:latest
FROM \${BASE_IMAGE}
COPY src/core/ /app/src/core/
COPY src/envs/echo_env/ /app/src/envs/echo_env/
HEALTHCHECK CMD curl -f http://localhost:8000/health || exit 1
CMD ["uvicorn", "envs.echo_env.server.app:app", "--host", "0.0.0.0", "--port", "8000"]
`;

/** A repository of the seed's layout with one environment. */
export function seedRepository(changes: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
  return changed(
    {
      'src/core/__init__.py': '',
      'src/core/server.py': 'VALUE = 1\n',
      'src/envs/echo_env/README.md': '# Echo\n\nSays what it is told.\n',
      'src/envs/echo_env/__init__.py': '',
      'src/envs/echo_env/client.py': 'class EchoEnv:\n    pass\n',
      'src/envs/echo_env/models.py': 'class EchoAction:\n    pass\n',
      'src/envs/echo_env/server/__init__.py': '',
      'src/envs/echo_env/server/app.py': appText,
      'src/envs/echo_env/server/Dockerfile': seedDockerfile,
      'src/envs/other_env/models.py': 'OTHER = 1\n',
      'secret-plans.md': 'not to be published\n',
    },
    changes,
    '',
  );
}

function changed(
  files: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | undefined>>,
  prefix: string,
): Record<string, string> {
  const all = Object.entries({ ...files, ...changes }).flatMap(([path, text]) =>
    text === undefined ? [] : [[`${prefix}${path}`, text] as const],
  );
  return Object.fromEntries(all);
}
