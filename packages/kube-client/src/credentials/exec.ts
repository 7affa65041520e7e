import { spawn } from 'node:child_process';
import type { ExecEntry } from '../config/access.js';
import { commandPath } from '../config/kubeconfig.js';
import { KubeClientError } from '../errors.js';
import { withoutSecrets } from './redact.js';

/** What a plugin answered. */
export interface PluginCredential {
  readonly token?: string;
  readonly certificate?: { readonly cert: string; readonly key: string };
  /** Milliseconds of the epoch. */
  readonly expiresAt?: number;
}

/** A credential is a token or two PEM files. */
const OUTPUT_LIMIT = 1 << 20;
const TIMEOUT_MS = 60_000;

/**
 * Runs a credential plugin (Kubernetes documentation, "client-go credential plugins"). It gets no terminal.
 *
 * @throws KubeClientError `HAWSER_KUBE_CREDENTIALS_FAILED`; or what the signal was aborted with
 */
export async function runPlugin(
  exec: ExecEntry,
  options: {
    readonly folder: string;
    readonly env: Readonly<Record<string, string | undefined>>;
    /** For `provideClusterInfo`. */
    readonly cluster: object;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<PluginCredential> {
  const { signal } = options;
  signal?.throwIfAborted();
  const apiVersion = exec.apiVersion ?? 'client.authentication.k8s.io/v1beta1';
  const info = {
    kind: 'ExecCredential',
    apiVersion,
    spec: { interactive: false, ...(exec.provideClusterInfo && { cluster: options.cluster }) },
  };
  if (exec.interactiveMode === 'Always') {
    throw failed(exec, 'wants a terminal, and there is none', 'Use a plugin that can run without one.');
  }
  const added = Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value]));
  const ended = await run(commandPath(options.folder, exec.command), exec.args ?? [], {
    env: { ...options.env, ...added, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
    signal,
  });
  if (ended.missing) {
    throw failed(exec, 'is not installed', exec.installHint ?? `Install it, or mend 'command' of the user's entry.`);
  }
  if (ended.timedOut) throw failed(exec, `has not answered within ${TIMEOUT_MS / 1000} s`);
  if (ended.code !== 0) {
    const said = withoutSecrets(ended.stderr).trim().slice(-600);
    throw failed(exec, `ended with ${ended.code ?? 'a signal'}${said ? `: ${said}` : ''}`);
  }
  return parse(exec, apiVersion, ended.stdout);
}

function parse(exec: ExecEntry, apiVersion: string, stdout: string): PluginCredential {
  let answer: ExecCredential;
  try {
    answer = JSON.parse(stdout) as ExecCredential;
  } catch {
    // What it printed may be a token.
    throw failed(exec, 'did not print an ExecCredential as JSON');
  }
  if (answer.kind !== 'ExecCredential') throw failed(exec, 'did not print an ExecCredential');
  if (answer.apiVersion !== apiVersion) {
    throw failed(
      exec,
      `answered as ${String(answer.apiVersion)}, but ${apiVersion} was asked for`,
      `Mend 'apiVersion' of the user's entry.`,
    );
  }
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = answer.status ?? {};
  if (!token && !(cert && key)) throw failed(exec, 'answered without a token and without a certificate');
  const expiresAt = Date.parse(expirationTimestamp ?? '');
  return {
    ...(token && { token }),
    ...(cert && key && { certificate: { cert, key } }),
    ...(!Number.isNaN(expiresAt) && { expiresAt }),
  };
}

interface ExecCredential {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly status?: {
    readonly token?: string;
    readonly clientCertificateData?: string;
    readonly clientKeyData?: string;
    readonly expirationTimestamp?: string;
  };
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly missing: boolean;
  readonly timedOut: boolean;
}

async function run(
  command: string,
  args: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly signal?: AbortSignal | undefined },
): Promise<Ended> {
  return await new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { env: options.env, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
    let [stdout, stderr, missing, timedOut] = ['', '', false, false];
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, TIMEOUT_MS);
    const abort = (): void => void child.kill('SIGKILL');
    options.signal?.addEventListener('abort', abort, { once: true });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (stdout.length > OUTPUT_LIMIT) child.kill('SIGKILL');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-4_096)));
    child.on('error', () => (missing = true));
    child.on('close', (code) => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', abort);
      if (options.signal?.aborted) reject(options.signal.reason as Error);
      else resolve({ code, stdout, stderr, missing, timedOut });
    });
  });
}

function failed(exec: ExecEntry, what: string, hint?: string): KubeClientError {
  return new KubeClientError('HAWSER_KUBE_CREDENTIALS_FAILED', `The credential plugin ${exec.command} ${what}.`, {
    hint,
    details: { command: exec.command },
  });
}
