import { defaultBaseImage } from './images.js';
import { webVariable } from './web-interface.js';

/** What the Dockerfile of an environment without one is made from. */
export interface GenerateOptions {
  readonly name: string;
  readonly layout: 'repository' | 'flat';
  readonly baseImage?: string | undefined;
  readonly port: number;
  /** The environment's folder below the repository's root; `''` in the flat layout. */
  readonly folder: string;
  /** Whether `src/core` is there to be copied. */
  readonly hasCore: boolean;
  /** Whether there is a pyproject.toml, or else a requirements file, to install from. */
  readonly install?: 'pyproject' | { readonly requirements: string } | undefined;
  readonly webInterface: boolean;
}

/** A Dockerfile for an environment that has none: base, code, dependencies, health check, uvicorn. */
export function generateDockerfile(options: GenerateOptions): string {
  const { layout, folder, port } = options;
  const lines = [`FROM ${options.baseImage ?? defaultBaseImage(folder)}`, '', 'WORKDIR /app', ''];
  if (layout === 'repository') {
    if (options.hasCore) lines.push('COPY src/core/ /app/src/core/');
    lines.push(`COPY ${folder}/ /app/${folder}/`);
  } else lines.push('COPY . /app/env');
  const home = layout === 'flat' ? '/app/env' : `/app/${folder}`;
  if (options.install === 'pyproject') lines.push(`RUN pip install --no-cache-dir ${home}`);
  else if (options.install) lines.push(`RUN pip install --no-cache-dir -r ${home}/${options.install.requirements}`);
  // Environments of the seed's layout are imported as packages below src/, those of today's as server.app.
  const module = layout === 'flat' ? 'server.app' : `envs.${options.name}.server.app`;
  lines.push('', `ENV PYTHONPATH=${layout === 'flat' ? '/app/env' : '/app/src'}`, `ENV PORT=${port}`);
  if (options.webInterface) lines.push(`ENV ${webVariable}=true`);
  lines.push(
    `EXPOSE ${port}`,
    '',
    'HEALTHCHECK --interval=30s --timeout=3s --start-period=5s --retries=3 \\',
    `    CMD curl -f http://localhost:${port}/health || exit 1`,
    '',
    `CMD ["uvicorn", "${module}:app", "--host", "0.0.0.0", "--port", "${port}"]`,
    '',
  );
  return lines.join('\n');
}
