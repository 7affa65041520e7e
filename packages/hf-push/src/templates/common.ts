import { chooseLook } from '../readme/choices.js';
import { generateFrontMatter } from '../readme/generate.js';
import type { TemplateNames } from './names.js';

/** What makes one template different from another. */
export interface TemplateParts {
  /** One sentence. */
  readonly description: (names: TemplateNames) => string;
  /** `models.py` */
  readonly models: (names: TemplateNames) => string;
  /** `server/NAME_environment.py` */
  readonly environment: (names: TemplateNames) => string;
  /** Body of `_step_payload` in the client: an expression. */
  readonly payload: string;
  /** Keyword arguments of the observation in the client, one a line, made from `data`. */
  readonly observation: readonly string[];
  /** Statements of a test; `environment` is one, after reset. */
  readonly test: (names: TemplateNames) => readonly string[];
  /** How the README shows a step. */
  readonly example: (names: TemplateNames) => string;
}

/** All files of a new environment: paths and texts. */
export function renderFiles(names: TemplateNames, parts: TemplateParts): Readonly<Record<string, string>> {
  const { name, prefix, title, dashed } = names;
  const description = parts.description(names);
  const imports = `${prefix}Action, ${prefix}Observation`;
  return {
    'openenv.yaml': lines(
      '# yaml-language-server: $schema=https://hawser.dev/schemas/openenv-1.json',
      'spec_version: 1',
      `name: ${name}`,
      'type: space',
      'runtime: fastapi',
      'app: server.app:app',
      'port: 8000',
    ),
    'pyproject.toml': lines(
      '[build-system]',
      'requires = ["setuptools>=61"]',
      'build-backend = "setuptools.build_meta"',
      '',
      '[project]',
      `name = "openenv-${dashed}"`,
      'version = "0.1.0"',
      `description = "${description}"`,
      'requires-python = ">=3.10"',
      'dependencies = ["openenv[core]>=0.2.2"]',
      '',
      '[project.optional-dependencies]',
      'dev = ["pytest>=8.0.0"]',
      '',
      '[project.scripts]',
      `server = "${name}.server.app:main"`,
      '',
      '[tool.setuptools]',
      `packages = ["${name}", "${name}.server"]`,
      `package-dir = { "${name}" = ".", "${name}.server" = "server" }`,
    ),
    'README.md': [
      generateFrontMatter({ name, look: chooseLook(name), port: 8000, webInterface: true }),
      lines(
        '',
        `# ${title}`,
        '',
        description,
        '',
        '```python',
        `from ${name} import ${prefix}Action, ${prefix}Env`,
        '',
        `with ${prefix}Env(base_url="http://localhost:8000").sync() as env:`,
        '    env.reset()',
        `    result = env.step(${parts.example(names)})`,
        '    print(result.observation)',
        '```',
        '',
        'Serve it here with `uvicorn server.app:app --port 8000`, and test it with `pytest`.',
      ),
    ].join(''),
    '__init__.py': lines(
      `"""${title}: ${description}"""`,
      '',
      `from .client import ${prefix}Env`,
      `from .models import ${imports}`,
      '',
      `__all__ = ["${prefix}Action", "${prefix}Env", "${prefix}Observation"]`,
    ),
    'models.py': parts.models(names),
    'client.py': lines(
      `"""Client of ${title}."""`,
      '',
      'from typing import Any, Dict',
      '',
      'from openenv.core import EnvClient',
      'from openenv.core.client_types import StepResult',
      'from openenv.core.env_server.types import State',
      '',
      `from .models import ${imports}`,
      '',
      '',
      `class ${prefix}Env(EnvClient[${imports}, State]):`,
      '    """Talks to a server of this environment over its WebSocket."""',
      '',
      `    def _step_payload(self, action: ${prefix}Action) -> Dict[str, Any]:`,
      `        return ${parts.payload}`,
      '',
      `    def _parse_result(self, payload: Dict[str, Any]) -> StepResult[${prefix}Observation]:`,
      '        data = payload.get("observation", {})',
      `        observation = ${prefix}Observation(`,
      ...parts.observation.map((each) => `            ${each},`),
      '            done=payload.get("done", False),',
      '            reward=payload.get("reward"),',
      '        )',
      '        return StepResult(',
      '            observation=observation,',
      '            reward=payload.get("reward"),',
      '            done=payload.get("done", False),',
      '        )',
      '',
      '    def _parse_state(self, payload: Dict[str, Any]) -> State:',
      '        return State(',
      '            episode_id=payload.get("episode_id"),',
      '            step_count=payload.get("step_count", 0),',
      '        )',
    ),
    '.dockerignore': lines('.git', '.venv', '**/__pycache__', '.env', 'tests'),
    '.gitignore': lines('.venv/', '__pycache__/', '*.egg-info/', '.env'),
    'server/__init__.py': lines(`"""Server of ${title}."""`),
    [`server/${name}_environment.py`]: parts.environment(names),
    'server/app.py': lines(
      `"""HTTP and WebSocket server of ${title}."""`,
      '',
      'from openenv.core.env_server.http_server import create_app',
      '',
      'try:',
      `    from ..models import ${imports}`,
      `    from .${name}_environment import ${prefix}Environment`,
      "except ImportError:  # started as server.app from the environment's folder",
      `    from models import ${imports}`,
      `    from server.${name}_environment import ${prefix}Environment`,
      '',
      `app = create_app(${prefix}Environment, ${prefix}Action, ${prefix}Observation, env_name="${name}")`,
      '',
      '',
      'def main(host: str = "0.0.0.0", port: int = 8000) -> None:',
      '    import uvicorn',
      '',
      '    uvicorn.run(app, host=host, port=port)',
      '',
      '',
      'if __name__ == "__main__":',
      '    main()',
    ),
    'server/requirements.txt': lines('openenv[core]>=0.2.2', 'uvicorn>=0.24.0'),
    'server/Dockerfile': lines(
      'ARG BASE_IMAGE=ghcr.io/huggingface/openenv-base:latest',
      '',
      'FROM ${BASE_IMAGE} AS build',
      'WORKDIR /app/env',
      'COPY . /app/env',
      '# uv.lock pins every version; without one, the newest of the day are taken.',
      'RUN if [ -f uv.lock ]; then uv sync --frozen --no-editable; else uv sync --no-editable; fi',
      '',
      'FROM ${BASE_IMAGE}',
      'WORKDIR /app/env',
      'COPY --from=build /app/env /app/env',
      'ENV PATH="/app/env/.venv/bin:$PATH"',
      'ENV PYTHONPATH="/app/env"',
      'ENV ENABLE_WEB_INTERFACE=true',
      'EXPOSE 8000',
      'HEALTHCHECK --interval=30s --timeout=3s --start-period=5s --retries=3 \\',
      '    CMD curl -f http://localhost:8000/health || exit 1',
      '# Spaces run as this user.',
      'USER 1000',
      'CMD ["uvicorn", "server.app:app", "--host", "0.0.0.0", "--port", "8000"]',
    ),
    'tests/test_environment.py': lines(
      `from models import ${prefix}Action`,
      `from server.${name}_environment import ${prefix}Environment`,
      '',
      '',
      'def test_an_episode() -> None:',
      `    environment = ${prefix}Environment()`,
      '    environment.reset()',
      ...parts.test(names).map((each) => `    ${each}`),
      '    assert environment.state.step_count == 1',
    ),
  };
}

/** Lines of a file, each ended. */
export function lines(...all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
