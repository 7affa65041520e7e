import { type Setting, setting } from '../setting.js';

/** Where Prefect and kubectl are pointed. */
export const ctxSettings: readonly Setting[] = [
  setting({
    name: 'ctx.kube-context',
    summary: 'the name of the context in the kubeconfig',
    flags: [{ flag: 'kube-context', commands: ['ctx:init'], unless: ['no-kube'] }],
    choice: 'kube-context',
    otherwise: 'the name of the context',
  }),
  setting({
    name: 'ctx.namespace',
    summary: 'the namespace of the context',
    flags: [{ flag: 'namespace', commands: ['ctx:init'] }],
    choice: 'namespace',
    otherwise: 'none',
  }),
  setting({
    name: 'ctx.prefect-profile',
    summary: 'the name of the Prefect profile',
    flags: [{ flag: 'prefect-profile', commands: ['ctx:init'] }],
    choice: 'prefect-profile',
    otherwise: 'hawser-staging',
  }),
  setting({
    name: 'ctx.prefect-url',
    summary: "the address of Prefect's API, instead of that of the tunnel",
    value: { kind: 'url' },
    flags: [{ flag: 'prefect-url', commands: ['ctx:init', 'env'] }],
    // An API key would go there.
    project: false,
    choice: 'prefect-url',
    otherwise: 'the live tunnel prefect, else http://127.0.0.1:4200/api',
  }),
];
