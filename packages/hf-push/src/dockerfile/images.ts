/** OpenEnv's published base by its present name. */
export const baseImageOfToday = 'ghcr.io/huggingface/openenv-base:latest';

/** The same by the name it had when environments stood in `src/envs/`. */
const baseImageOfTheSeed = 'ghcr.io/meta-pytorch/openenv-base:latest';

/**
 * The base image where a Dockerfile leaves the choice to OpenEnv.
 *
 * @param folder - the environment's below the root of what is staged: those in `envs/` that copy from the repository are
 * of today, too.
 */
export function defaultBaseImage(folder: string): string {
  return folder.startsWith('src/envs/') ? baseImageOfTheSeed : baseImageOfToday;
}

/** Names that OpenEnv's Dockerfiles use for its base as built on the author's own machine. */
const placeholders: ReadonlySet<string> = new Set(['openenv-base', 'envtorch-base']);

/** Names that OpenEnv's own build makes for single environments: nobody can pull them. */
const localNames: ReadonlySet<string> = new Set([...placeholders, 'openspiel-base']);

/** Single-word images that Docker Hub keeps itself, as far as environments have a use for them. */
const officialImages: ReadonlySet<string> = new Set(
  (
    'alpine almalinux amazoncorretto archlinux bash buildpack-deps busybox caddy cassandra clojure composer couchdb ' +
    'debian docker eclipse-temurin elasticsearch elixir erlang fedora gcc golang gradle haskell hello-world httpd ' +
    'influxdb julia jruby kong mariadb maven memcached mongo mono mysql nats neo4j nextcloud nginx node openjdk ' +
    'oraclelinux perl photon php postgres pypy python r-base rabbitmq redis registry rockylinux ruby rust sapmachine ' +
    'scratch swift swipl telegraf tomcat traefik ubuntu vault wordpress zookeeper'
  ).split(' '),
);

/** An image that stands for "the OpenEnv base, whichever that is": replaced without being asked. */
export function isPlaceholderBase(image: string): boolean {
  return placeholders.has(repositoryOf(image));
}

/**
 * Whether a Space's builder could pull an image. `no`: it is known to exist on its author's machine only. `doubtful`:
 * one word, and none of those Docker Hub keeps itself.
 */
export function canBePulled(image: string): 'yes' | 'no' | 'doubtful' {
  const repository = repositoryOf(image);
  const [first = ''] = repository.split('/');
  if (localNames.has(repository) || first === 'localhost' || first.startsWith('localhost:')) return 'no';
  if (repository.includes('/') || officialImages.has(repository)) return 'yes';
  return image.endsWith(':local') ? 'no' : 'doubtful';
}

/** An image without its tag and digest. */
function repositoryOf(image: string): string {
  return image.replace(/@.*$/s, '').replace(/:[^:/]*$/, '');
}

/** Whether a text can be the name of an image: what a shell or a Dockerfile would take for more than one word cannot. */
export function isImageName(text: string): boolean {
  return /^[a-z0-9][\w.-]*(?::\d+)?(?:\/[a-z0-9][a-z0-9._-]*)*(?::[\w][\w.-]{0,127})?(?:@[a-z0-9]+:[a-f0-9]+)?$/i.test(
    text,
  );
}
