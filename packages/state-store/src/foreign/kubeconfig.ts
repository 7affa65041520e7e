import type { ForeignCodec } from './codec.js';
import { yamlCodec } from './yaml.js';

/** A kubeconfig: YAML with a map at its root. */
export const kubeconfigCodec: ForeignCodec = {
  ...yamlCodec,
  format: 'kubeconfig',
  parse(text) {
    const value = yamlCodec.parse(text);
    if (Array.isArray(value)) throw new SyntaxError('it is a list, not a map.');
    return value;
  },
};
