/** How variables are written. */
export const exportFormats = ['shell', 'fish', 'dotenv', 'github'] as const;

/** One of {@link exportFormats}. */
export type ExportFormat = (typeof exportFormats)[number];

/** Variables of a person that would lead elsewhere although ours are set. */
const inTheWay = ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_SESSION_TOKEN', 'HF_OIDC_RESOURCE', 'HF_TOKEN_PATH'];

const writers: Readonly<Record<ExportFormat, (env: Readonly<Record<string, string>>) => readonly string[]>> = {
  shell: (env) => [`unset ${inTheWay.join(' ')}`, ...lines(env, (name, value) => `export ${name}=${quoted(value)}`)],
  fish: (env) => [
    `set -e ${inTheWay.join(' ')}`,
    ...lines(env, (name, value) => `set -gx ${name} '${value.replaceAll(/[\\']/g, String.raw`\$&`)}'`),
  ],
  dotenv: (env) => lines(env, (name, value) => `${name}="${value.replaceAll(/["\\$]/g, String.raw`\$&`)}"`),
  github: (env) => lines(env, (name, value) => `${name}=${value}`),
};

/** Variables as lines for a shell, an env file, or the file at `GITHUB_ENV`. */
export function writeExports(env: Readonly<Record<string, string>>, format: ExportFormat): string {
  return writers[format](env).join('\n');
}

/** With loopback around the proxy, where there is one. */
export function aroundProxy(
  env: Readonly<Record<string, string>>,
  inherited: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const hasProxy = Object.entries(inherited).some(([name, value]) => /^(?:https?|all)_proxy$/i.test(name) && value);
  if (!hasProxy) return env;
  const present = (inherited['NO_PROXY'] ?? inherited['no_proxy'] ?? '').split(',').filter(Boolean);
  const noProxy = [...new Set([...present, '127.0.0.1', 'localhost'])].join(',');
  return { ...env, NO_PROXY: noProxy, no_proxy: noProxy };
}

function lines(
  env: Readonly<Record<string, string>>,
  write: (name: string, value: string) => string,
): readonly string[] {
  return Object.entries(env).map(([name, value]) => write(name, value));
}

function quoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
