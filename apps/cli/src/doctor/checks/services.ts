import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { DoctorCheck } from '@hawser/cli-kit';
import { inTime } from '../checked.js';
import { homeOf } from '../home-of.js';

/** Whether the Hub knows who is pushing. */
export const hub: DoctorCheck = {
  id: 'hf-hub',
  title: 'Hugging Face',
  topic: 'hf',
  neededFor: 'hf push and everything that looks at a Space',
  look: async (input) => {
    const { discoverToken, openHub } = await import('@hawser/hf-push');
    const { environment: env } = input;
    return inTime(
      input,
      async (signal) => {
        const found = await discoverToken({ env, home: homeOf(input), signal });
        if (!found) return { state: 'skip', found: 'nobody is logged in', next: 'hawser hf login' };
        const { name } = await openHub({ env, signal, token: found.token, tries: 1 }).whoAmI();
        const source = found.path ?? found.source;
        return { state: 'ok', found: `${name}, by ${source}`, facts: { name, source } };
      },
      { next: 'Check the network, HF_ENDPOINT and the proxy settings (HTTPS_PROXY, NO_PROXY).' },
    );
  },
};

/** Whether GitHub takes the token that runners are looked up with. */
export const githubToken: DoctorCheck = {
  id: 'github-token',
  title: 'GitHub token',
  topic: 'arc',
  neededFor: 'arc verify, record and watch, which ask GitHub for runners and jobs',
  look: async (input) => {
    const { environment } = input;
    const name = ['GITHUB_TOKEN', 'GH_TOKEN'].find((each) => environment[each]);
    if (name === undefined) {
      return {
        state: 'skip',
        found: 'neither GITHUB_TOKEN nor GH_TOKEN is set',
        next: 'export GITHUB_TOKEN="$(gh auth token)"',
      };
    }
    const api = environment['GITHUB_API_URL'] || 'https://api.github.com';
    const late = { next: 'Check the network, GITHUB_API_URL and the proxy settings (HTTPS_PROXY, NO_PROXY).' };
    return inTime(
      input,
      async (signal) => {
        // Every token may ask this, and it counts against no limit (GitHub REST API, "Rate limit").
        const headers = { authorization: `Bearer ${environment[name]}`, 'user-agent': 'hawser' };
        const answer = await fetch(`${api.replace(/\/$/, '')}/rate_limit`, { signal, headers }).catch(() => undefined);
        if (!answer) return { state: 'fail', found: `${api} cannot be reached`, ...late };
        if (answer.ok) return { state: 'ok', found: `${name} is known to ${api}`, facts: { variable: name } };
        const found = `${api} refuses ${name} (${answer.status})`;
        return { state: 'fail', found, next: `export ${name}="$(gh auth token)"`, facts: { variable: name } };
      },
      late,
    );
  },
};

/** Whether the cluster of the kubeconfig answers. */
export const cluster: DoctorCheck = {
  id: 'cluster',
  title: 'Cluster',
  topic: 'arc',
  neededFor: 'arc, tunnels into a cluster (via: kube), and sessions in one',
  look: async (input) => {
    const { environment: env } = input;
    const files = (env['KUBECONFIG'] || join(homeOf(input), '.kube/config')).split(delimiter).filter(Boolean);
    if (!files.some((file) => existsSync(file)) && !env['KUBERNETES_SERVICE_HOST']) {
      return { state: 'skip', found: 'there is no kubeconfig' };
    }
    const { openCluster } = await import('@hawser/kube-client');
    return inTime(
      input,
      async (signal) => {
        const opened = await openCluster({ env });
        try {
          const { context, server } = opened;
          const { gitVersion } = await opened.get<{ readonly gitVersion: string }>('/version', { signal });
          return { state: 'ok', found: `${context} at ${server} answers, ${gitVersion}`, facts: { context, server } };
        } finally {
          // A server that does not answer takes its time to be left, too.
          void opened.close().catch(() => undefined);
        }
      },
      { next: 'kubectl version' },
    );
  },
};
