import type { PartName } from '../../local/parts.js';

/** What each part stands for. */
export const standsFor: Readonly<Record<PartName, string>> = {
  ssm: 'Session Manager',
  aws: 'AWS',
  kube: 'Kubernetes',
  hub: 'Hugging Face Hub',
  exec: 'executions',
  sessions: 'terminal sessions',
};
