/** How an image's registry is asked. */
export interface RegistryOptions {
  readonly fetch?: typeof fetch;
}

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const processors = { X86_64: 'amd64', ARM64: 'arm64' } as const;
const timeoutMs = 10_000;

/** Where an image lies. */
interface Reference {
  readonly origin: string;
  readonly repository: string;
  /** Tag or digest. */
  readonly reference: string;
}

interface Manifest {
  readonly manifests?: readonly {
    readonly digest: string;
    readonly platform?: { readonly architecture?: string; readonly os?: string };
  }[];
  readonly config?: { readonly digest: string };
}

/**
 * Reads an image's own entry point from its registry, without credentials: what a container of it is started with when
 * nobody says otherwise. Empty when it has none.
 *
 * Throws an `Error` that says why where the registry asks for credentials, or has no such image for this processor.
 *
 * @see OCI Distribution Specification, "Pulling manifests"; OCI Image Specification, "Image Configuration"
 */
export async function readEntryPoint(
  image: string,
  architecture: 'X86_64' | 'ARM64',
  options: RegistryOptions = {},
): Promise<readonly string[]> {
  const send = options.fetch ?? fetch;
  const { origin, repository, reference } = parseImage(image);
  let authorization: string | undefined;

  const get = async (path: string, accept: string): Promise<unknown> => {
    const ask = (): Promise<Response> =>
      send(`${origin}/v2/${repository}/${path}`, {
        headers: { accept, ...(authorization !== undefined && { authorization }) },
        signal: AbortSignal.timeout(timeoutMs),
      });
    let answer = await ask();
    if (answer.status === 401 && authorization === undefined) {
      authorization = await anonymousToken(send, answer.headers.get('www-authenticate') ?? '', repository);
      answer = await ask();
    }
    if (answer.ok) return answer.json();
    await answer.body?.cancel();
    if (answer.status === 401 || answer.status === 403) throw new Error('its registry asks for credentials.');
    if (answer.status === 404) throw new Error('its registry has no such image.');
    throw new Error(`its registry answered ${answer.status}.`);
  };

  let manifest = (await get(`manifests/${reference}`, manifestTypes)) as Manifest;
  if (manifest.manifests) {
    const fitting = manifest.manifests.find(
      ({ platform }) => platform?.os === 'linux' && platform.architecture === processors[architecture],
    );
    if (!fitting) throw new Error(`it is not made for ${architecture}.`);
    manifest = (await get(`manifests/${fitting.digest}`, manifestTypes)) as Manifest;
  }
  if (!manifest.config) throw new Error('its manifest names no configuration.');
  const { config } = (await get(`blobs/${manifest.config.digest}`, '*/*')) as {
    readonly config?: { readonly Entrypoint?: readonly string[] | null };
  };
  return config?.Entrypoint ?? [];
}

/** Takes a name of an image apart as Docker does: `ubuntu` is `docker.io/library/ubuntu:latest`. */
function parseImage(image: string): Reference {
  const [name = '', digest] = image.split('@');
  const first = name.split('/')[0] ?? '';
  const hasHost = name.includes('/') && /[.:]|^localhost$/.test(first);
  const host = hasHost ? first : 'docker.io';
  const path = hasHost ? name.slice(first.length + 1) : name;
  const colon = path.lastIndexOf(':');
  const repository = colon < 0 ? path : path.slice(0, colon);
  const isLoopback = /^(?:localhost|127\.\d+\.\d+\.\d+)(?::\d+)?$/.test(host);
  return {
    origin: host === 'docker.io' ? 'https://registry-1.docker.io' : `${isLoopback ? 'http' : 'https'}://${host}`,
    repository: host === 'docker.io' && !repository.includes('/') ? `library/${repository}` : repository,
    reference: digest ?? (colon < 0 ? 'latest' : path.slice(colon + 1)),
  };
}

/** A token for whoever asks. @see Distribution's "Token Authentication Specification" */
async function anonymousToken(send: typeof fetch, challenge: string, repository: string): Promise<string> {
  const fields = new Map([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]));
  const realm = fields.get('realm');
  if (!/^Bearer /i.test(challenge) || realm === undefined) throw new Error('its registry asks for credentials.');
  const url = new URL(realm);
  url.searchParams.set('scope', fields.get('scope') ?? `repository:${repository}:pull`);
  const service = fields.get('service');
  if (service !== undefined) url.searchParams.set('service', service);
  const answer = await send(url, { signal: AbortSignal.timeout(timeoutMs) });
  if (!answer.ok) throw new Error('its registry asks for credentials.');
  const { token, access_token } = (await answer.json()) as { readonly token?: string; readonly access_token?: string };
  return `Bearer ${token ?? access_token ?? ''}`;
}
