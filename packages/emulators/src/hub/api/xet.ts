import { Refusal } from '../http/answer.js';
import type { Route } from '../http/serve.js';
import type { Hub } from '../state/hub.js';

/**
 * There is no Xet storage here. JavaScript clients see that from the LFS batch, which offers `basic`; Python clients
 * with `hf_xet` ask for a token first, and have to be told by `HF_HUB_DISABLE_XET=1` not to.
 */
export function xetRoutes(hub: Hub): readonly Route[] {
  return [
    {
      method: 'GET',
      path: /^\/api\/spaces\/([^/]+)\/([^/]+)\/xet-(?:read|write)-token\/(.+)$/u,
      answer: (call) => {
        hub.space(call, 'read');
        throw new Refusal(404, 'This Hub has no Xet storage: set HF_HUB_DISABLE_XET=1 to upload through LFS.');
      },
    },
  ];
}
