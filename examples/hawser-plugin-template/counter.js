/** @type {import('@hawser/cli-kit').HfTemplate} */
export const extension = {
  summary: 'An environment that counts.',
  files: ({ name, prefix, title, dashed }) => ({
    'openenv.yaml': `spec_version: 1
name: ${name}
type: space
runtime: fastapi
app: server.app:app
port: 8000
`,
    'pyproject.toml': `[project]
name = "openenv-${dashed}"
version = "0.1.0"
requires-python = ">=3.10"
dependencies = ["openenv[core]>=0.2.2"]

[project.scripts]
server = "${name}.server.app:main"
`,
    'README.md': `---
title: ${title}
emoji: 🔢
colorFrom: blue
colorTo: green
sdk: docker
app_port: 8000
tags: [openenv]
---

# ${title}

Adds up what it is given.
`,
    '__init__.py': `from .models import ${prefix}Action, ${prefix}Observation\n`,
    'models.py': `from openenv.core.env_server.types import Action, Observation


class ${prefix}Action(Action):
    by: int = 1


class ${prefix}Observation(Observation):
    count: int = 0
`,
    'client.py': `from openenv.core import EnvClient

from .models import ${prefix}Action, ${prefix}Observation


class ${prefix}Env(EnvClient):
    def _step_payload(self, action: ${prefix}Action) -> dict:
        return {"by": action.by}
`,
    'server/__init__.py': '',
    'server/app.py': `from openenv.core.env_server.http_server import create_app
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import State

from models import ${prefix}Action, ${prefix}Observation


class ${prefix}Environment(Environment):
    def __init__(self) -> None:
        super().__init__()
        self._state = State(episode_id="", step_count=0)
        self._count = 0

    def reset(self, **kwargs) -> ${prefix}Observation:
        self._count = 0
        return ${prefix}Observation(count=0, done=False, reward=0.0)

    def step(self, action: ${prefix}Action, **kwargs) -> ${prefix}Observation:
        self._count += action.by
        return ${prefix}Observation(count=self._count, done=False, reward=float(action.by))

    @property
    def state(self) -> State:
        return self._state


app = create_app(${prefix}Environment, ${prefix}Action, ${prefix}Observation, env_name="${name}")


def main(host: str = "0.0.0.0", port: int = 8000) -> None:
    import uvicorn

    uvicorn.run(app, host=host, port=port)


if __name__ == "__main__":
    main()
`,
    'server/Dockerfile': `FROM python:3.12-slim
WORKDIR /app
COPY . .
RUN pip install --no-cache-dir "openenv[core]>=0.2.2"
EXPOSE 8000
CMD ["uvicorn", "server.app:app", "--host", "0.0.0.0", "--port", "8000"]
`,
  }),
};
