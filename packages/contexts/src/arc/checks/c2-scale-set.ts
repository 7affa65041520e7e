import { scopeOf } from '../scope.js';
import type { Finding } from '../types.js';
import { cannotTell, names, type Check, type Look } from './look.js';

/** C2: the set exists, works for the repository that was asked for, and is neither on its way out nor outdated. */
export const scaleSetCheck: Check = {
  id: 'C2',
  title: 'The scale set exists and is running',
  judge(look) {
    const { observation, set, subject } = look;
    const { sets } = observation.cluster;
    if ('unseen' in sets) return cannotTell('Scale sets', sets.unseen);
    if (!set) return missing(look, sets.seen);
    const { metadata, spec, status } = set;
    const evidence = {
      name: metadata.name,
      phase: status?.phase ?? null,
      github_config_url: spec.githubConfigUrl ?? null,
      min_runners: spec.minRunners ?? 0,
      max_runners: spec.maxRunners ?? null,
    };
    const elsewhere = servesElsewhere(look);
    if (elsewhere !== undefined) {
      return {
        status: 'fail',
        summary: elsewhere,
        advice: 'Check --owner, --repository, --github-url and --scale-set against its githubConfigUrl.',
        evidence,
        final: true,
      };
    }
    if (metadata.deletionTimestamp !== undefined) {
      return {
        status: 'fail',
        summary: `${metadata.name} is being deleted since ${metadata.deletionTimestamp}.`,
        advice: 'Wait until it is gone, and install it again.',
        evidence,
      };
    }
    if (status?.phase === 'Outdated') {
      return {
        status: 'fail',
        summary: `${metadata.name} is outdated: GitHub no longer takes runners of its version.`,
        advice: 'Use a newer runner image, or upgrade the chart.',
        evidence,
        final: true,
      };
    }
    if (status?.phase !== undefined && status.phase !== 'Running') {
      return {
        status: 'fail',
        summary: `${metadata.name} is ${status.phase}, not Running.`,
        advice: "Its listener has not started yet; if it stays so, read the controller's log.",
        evidence,
      };
    }
    const phase = status?.phase === undefined ? 'exists (this version of ARC tells no phase)' : 'is Running';
    const { legacy } = observation.cluster;
    if (legacy && 'seen' in legacy && legacy.seen.length > 0) {
      return {
        status: 'warn',
        summary: `${metadata.name} ${phase}; runners of the older ARC (actions.summerwind.dev) are here too: ${names(legacy.seen.map((one) => one.metadata.name))}.`,
        advice: 'They are not looked at. Move them to scale sets.',
        evidence,
      };
    }
    return { status: 'pass', summary: `${metadata.name} in ${subject.namespace} ${phase}.`, evidence };
  },
};

function missing(
  { observation, subject }: Look,
  all: readonly { readonly metadata: { readonly name: string } }[],
): Finding {
  const { groups, legacy } = observation.cluster;
  const older = legacy && 'seen' in legacy ? legacy.seen.map(({ metadata }) => metadata.name) : [];
  const hasOnlyOlder =
    'seen' in groups && groups.seen.includes('actions.summerwind.dev') && !groups.seen.includes('actions.github.com');
  if (hasOnlyOlder || older.length > 0) {
    return {
      status: 'fail',
      summary: `There is no scale set ${subject.scaleSet} in ${subject.namespace}, but the older ARC (actions.summerwind.dev)${older.length > 0 ? ` with ${names(older)}` : ''}.`,
      advice: 'That is another product, with RunnerDeployments: move to the charts of gha-runner-scale-set.',
      evidence: { runner_deployments: older },
      final: true,
    };
  }
  if ('seen' in groups && !groups.seen.includes('actions.github.com')) {
    return {
      status: 'fail',
      summary: 'ARC is not installed in this cluster: it has no API group actions.github.com.',
      advice: 'Check --context; else install the chart gha-runner-scale-set-controller.',
    };
  }
  return {
    status: 'fail',
    summary: `There is no scale set ${subject.scaleSet} in ${subject.namespace}.`,
    advice:
      all.length === 0
        ? 'Check --namespace and --context.'
        : `Check --scale-set: there ${all.length === 1 ? 'is' : 'are'} ${names(all.map(({ metadata }) => metadata.name))}.`,
    evidence: { there_are: all.map(({ metadata }) => metadata.name).slice(0, 50) },
  };
}

/** A sentence, when the set does not work for what was asked. */
function servesElsewhere({ set, subject }: Look): string | undefined {
  const url = set?.spec.githubConfigUrl;
  if (set === undefined || url === undefined) return undefined;
  const scope = scopeOf(url);
  if (!scope) return `${set.metadata.name} has ${url} as githubConfigUrl, which names nothing on GitHub.`;
  if (scope.server.toLowerCase() !== subject.githubUrl.toLowerCase())
    return `${set.metadata.name} works for ${scope.server}, not for ${subject.githubUrl}.`;
  const asked = `${subject.owner}/${subject.repository}`;
  const isAsked = {
    repository: scope.name.toLowerCase() === asked.toLowerCase(),
    organization: scope.name.toLowerCase() === subject.owner.toLowerCase(),
    enterprise: true,
  };
  return isAsked[scope.kind]
    ? undefined
    : `${set.metadata.name} works for the ${scope.kind} ${scope.name}, not for ${asked}.`;
}
