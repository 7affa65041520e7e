import { type Setting, setting } from '../setting.js';

/** Environments and their Spaces. */
export const hfSettings: readonly Setting[] = [
  setting({
    name: 'hf.endpoint',
    summary: 'the Hub to talk to',
    value: { kind: 'url' },
    variables: ['HF_ENDPOINT'],
    flags: [{ flag: 'endpoint-url', commands: ['hf'] }],
    // A token goes there.
    project: false,
    otherwise: 'https://huggingface.co',
  }),
  setting({
    name: 'hf.namespace',
    summary: 'the person or organization that Spaces belong to',
    flags: [{ flag: 'namespace', commands: ['hf:plan', 'hf:push'], unless: ['repo-id'] }],
    otherwise: 'whose token it is',
  }),
  setting({
    name: 'hf.hardware',
    summary: 'the hardware that Spaces run on',
    flags: [{ flag: 'hardware', commands: ['hf:plan', 'hf:push'] }],
    otherwise: 'as the Space is, or the free one',
  }),
  setting({
    name: 'hf.base-image',
    summary: 'the image that environments build on',
    flags: [{ flag: 'base-image', commands: ['hf:plan', 'hf:push', 'hf:validate'] }],
    otherwise: "that of the environment's Dockerfile",
  }),
  setting({
    name: 'hf.token',
    summary: 'the token for the Hub',
    variables: ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN'],
    yieldsTo: ['HF_OIDC_RESOURCE'],
    project: false,
    user: false,
    otherwise: 'where the official tools keep it: hawser hf whoami says whose it is',
    secret: true,
  }),
];
