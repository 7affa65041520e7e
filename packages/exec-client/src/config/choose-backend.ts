import { nearMisses } from '@hawser/near-miss';
import { ExecError } from '../errors.js';
import type { ProjectFile } from './project-file.js';
import type { UserFile } from './user-file.js';

/** Where commands will run, and why there. */
export type ChosenBackend =
  | { readonly kind: 'local'; readonly source: string }
  | {
      readonly kind: 'remote';
      readonly name: string;
      readonly endpoint: string;
      /** Missing where whoever is in front of the service knows the caller, e.g. by IAM. */
      readonly apiKey?: string;
      readonly region?: string;
      readonly stackName?: string;
      readonly source: string;
    };

/** What the choice is made of. */
export interface ChooseBackendOptions {
  /** `--backend` */
  readonly backend?: string | undefined;
  /** `--local` */
  readonly local?: boolean | undefined;
  /** HAWSER_EXEC_BACKEND, HAWSER_EXEC_ENDPOINT and HAWSER_EXEC_API_KEY are looked up here. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly project?: Pick<ProjectFile, 'backend' | 'name'> | undefined;
  readonly user: Pick<UserFile, 'backends' | 'backend'>;
  /** The backend that this project's commands ran on before. */
  readonly ranOn?: string | undefined;
}

/**
 * Chooses a backend: `--local`, `--backend`, HAWSER_EXEC_BACKEND or HAWSER_EXEC_ENDPOINT, the project's file, the
 * person's own file, and this machine when none of them says anything. A project's file chooses by name alone: addresses
 * and keys are the person's, so that no repository can send a key anywhere.
 *
 * @throws ExecError HAWSER_EXEC_BACKEND_UNKNOWN for a name that nobody configured, HAWSER_EXEC_REMOTE_EXPECTED where
 *   this machine would be fallen back to although the project ran elsewhere before
 */
export function chooseBackend(options: ChooseBackendOptions): ChosenBackend {
  const { backend, local, environment, project, user, ranOn } = options;
  const { HAWSER_EXEC_BACKEND: envBackend, HAWSER_EXEC_ENDPOINT: endpoint, HAWSER_EXEC_API_KEY: apiKey } = environment;
  if (local) return { kind: 'local', source: 'from --local' };
  if (backend !== undefined) return named(backend, 'from --backend');
  if (envBackend) return named(envBackend, 'from HAWSER_EXEC_BACKEND');
  if (endpoint) {
    const source = 'from HAWSER_EXEC_ENDPOINT';
    return { kind: 'remote', name: hostOf(endpoint), endpoint, ...(apiKey && { apiKey }), source };
  }
  if (project?.backend !== undefined) return named(project.backend, `from ${project.name}`);
  if (user.backend !== undefined) return named(user.backend, 'from config.yaml');
  const [only, ...others] = Object.keys(user.backends);
  if (only !== undefined && others.length === 0) return named(only, 'the only one in config.yaml');
  if (only !== undefined) {
    throw new ExecError(
      'HAWSER_EXEC_BACKEND_UNKNOWN',
      `Several backends are configured, and none is chosen: ${[only, ...others].join(', ')}.`,
      {
        hint: 'Pass --backend NAME, or write backend: NAME into .hawser.yaml.',
      },
    );
  }
  if (ranOn !== undefined) {
    throw new ExecError(
      'HAWSER_EXEC_REMOTE_EXPECTED',
      `Commands of this project ran on ${ranOn}, which is not configured any more.`,
    );
  }
  return { kind: 'local', source: 'nothing else is configured' };

  function named(name: string, source: string): ChosenBackend {
    if (name === 'local') return { kind: 'local', source };
    const found = Object.hasOwn(user.backends, name) ? user.backends[name] : undefined;
    if (!found) throw unknownBackend(name, source, Object.keys(user.backends));
    return {
      kind: 'remote',
      name,
      endpoint: found.api_endpoint,
      apiKey: apiKey || found.api_key,
      ...(found.region !== undefined && { region: found.region }),
      ...(found.stack_name !== undefined && { stackName: found.stack_name }),
      source,
    };
  }
}

function unknownBackend(name: string, source: string, known: readonly string[]): ExecError {
  const [near] = nearMisses(name, [...known, 'local']);
  const hint =
    near !== undefined
      ? `Did you mean ${near}?`
      : known.length > 0
        ? `Configured are ${known.join(', ')}; hawser exec configure adds one.`
        : undefined;
  return new ExecError('HAWSER_EXEC_BACKEND_UNKNOWN', `No backend is called ${name} (${source}).`, { hint });
}

function hostOf(endpoint: string): string {
  return URL.canParse(endpoint) ? new URL(endpoint).host : endpoint;
}
