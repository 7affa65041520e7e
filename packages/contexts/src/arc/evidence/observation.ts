import {
  controller,
  ephemeralRunner,
  listener,
  named,
  pod,
  scaleSet,
  secretKeys,
  type Controller,
  type EphemeralRunner,
  type Listener,
  type Meta,
  type Pod,
  type ScaleSet,
  type SecretKeys,
} from './cluster.js';
import { githubRunner, job, listed, probe, type GithubRunner, type Job, type Listed, type Probe } from './github.js';
import { flag, list, members, object, optional, text, time, type Reader } from './shape.js';

/** Why something could not be seen. */
export interface Unseen {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** The world refused, as with 403: asking again changes nothing. */
  readonly refused: boolean;
}

/** What was seen, or why it was not. */
export type Seen<T> = { readonly seen: T } | { readonly unseen: Unseen };

/** What of the cluster was looked at. */
export interface ClusterSeen {
  readonly groups: Seen<readonly string[]>;
  readonly sets: Seen<readonly ScaleSet[]>;
  readonly controllers: Seen<readonly Controller[]>;
  readonly listeners: Seen<readonly Listener[]>;
  readonly listenerPods: Seen<readonly Pod[]>;
  readonly runners: Seen<readonly EphemeralRunner[]>;
  readonly pods: Seen<readonly Pod[]>;
  /** Missing when no set names one; `seen: null` when it does not exist. */
  readonly secret?: Seen<SecretKeys | null>;
  /** RunnerDeployments of the older product; missing when its API group is. */
  readonly legacy?: Seen<readonly { readonly metadata: Meta }[]>;
}

/** What of GitHub was looked at. */
export interface GithubSeen {
  /** Path of the REST API whose runners were listed, such as `/orgs/acme`. */
  readonly scope: string;
  readonly runners: Seen<Listed<GithubRunner>>;
  /** Queued jobs of the repository. */
  readonly jobs: Seen<Listed<Job>>;
  readonly probe?: Seen<Probe>;
}

/** One look at the world. */
export interface Observation {
  /** When the look was over. */
  readonly at: string;
  readonly cluster: ClusterSeen;
  readonly github: GithubSeen;
}

/** What upstream's snapshots tell of one look. */
export interface UpstreamObservation {
  readonly at: string;
  readonly pods: readonly string[];
  readonly runners: readonly { readonly name: string; readonly busy: boolean }[];
}

/** Whether only pods and runners were told, as in upstream's snapshots. */
export function isUpstream(observation: Observation | UpstreamObservation): observation is UpstreamObservation {
  return 'pods' in observation;
}

const unseen: Reader<Unseen> = object({ code: text, message: text, hint: text, refused: flag });

function seen<T>(reader: Reader<T>): Reader<Seen<T>> {
  return (value, path) => {
    const from = members(value, path);
    if (Object.hasOwn(from, 'unseen')) return { unseen: unseen(from['unseen'], `${path}.unseen`) };
    return { seen: reader(from['seen'], `${path}.seen`) };
  };
}

function nullable<T>(reader: Reader<T>): Reader<T | null> {
  return (value, path) => (value === null ? null : reader(value, path));
}

/** Reads an observation back; what it does not know is dropped. */
export const observation: Reader<Observation> = object({
  at: time,
  cluster: object({
    groups: seen(list(text)),
    sets: seen(list(scaleSet)),
    controllers: seen(list(controller)),
    listeners: seen(list(listener)),
    listenerPods: seen(list(pod)),
    runners: seen(list(ephemeralRunner)),
    pods: seen(list(pod)),
    secret: optional(seen(nullable(secretKeys))),
    legacy: optional(seen(list(named))),
  }),
  github: object({
    scope: text,
    runners: seen(listed(githubRunner)),
    jobs: seen(listed(job)),
    probe: optional(seen(probe)),
  }),
});
