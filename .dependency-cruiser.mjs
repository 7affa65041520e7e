// The import rules of the house. Imports point down: a package sees only what its row of `layers` names, and sees it
// only through a declared export path. Run by `npm run check`; test/journeys/import-rules.test.ts sees each rule fire.
import { existsSync, readFileSync, readdirSync } from 'node:fs';

/** What each package may import of the others: a whole package, or one export path of it. */
const layers = {
  'packages/state-store': [],
  'packages/terminal': [],
  'packages/near-miss': [],
  'packages/walk': [],
  'packages/ssm-channel': [],
  'packages/hf-push': [],
  'packages/kube-client': [],
  'packages/receipts': [],
  'packages/api-keys': [],
  'packages/exec-client': ['state-store', 'ssm-channel'],
  'packages/exec-backend': ['exec-client', 'state-store'],
  'packages/k8s-sessions': [],
  'packages/tunnels': ['state-store', 'ssm-channel'],
  'packages/contexts': ['state-store'],
  'packages/cli-kit': ['state-store', 'ssm-channel/aws'],
  'packages/emulators': ['ssm-channel/codec', 'ssm-channel/smux'],
  'apps/session-manager-plugin': ['ssm-channel'],
  'apps/sessions-web': ['k8s-sessions/protocol', 'k8s-sessions/client'],
  'apps/sessions-server': ['k8s-sessions', 'sessions-web'],
  'apps/cli': [
    'state-store',
    'ssm-channel',
    'hf-push',
    'tunnels',
    'contexts',
    'exec-client',
    'exec-backend',
    'k8s-sessions',
    'sessions-web',
    'cli-kit',
    'emulators',
  ],
};

/** Small packages with one job and no @hawser dependency: every other package may import them. */
const leaves = ['terminal', 'kube-client', 'near-miss', 'receipts', 'api-keys', 'walk'];

/** Code that is fed bytes and time and answers with bytes and wishes; of Node it may use these modules and no other. */
const pureRooms = [
  'packages/ssm-channel/src/(codec|channel|smux|queues)/',
  'packages/exec-client/src/contract/',
  'packages/k8s-sessions/src/protocol/',
];
const pureModules = ['buffer', 'crypto', 'util'];

const folders = ['packages', 'apps'].flatMap((parent) =>
  existsSync(parent)
    ? readdirSync(parent)
        .map((name) => `${parent}/${name}`)
        .filter((folder) => existsSync(`${folder}/package.json`))
    : [],
);
const manifests = new Map(
  folders.map((folder) => [folder, JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))]),
);
const unplaced = folders.filter((folder) => !(folder in layers));
if (unplaced.length > 0) throw new Error(`No row in the table of layers: ${unplaced.join(', ')}`);

const literal = (text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** The files behind a package's export paths, as patterns: all of them, or the one of `path` ('.', './codec' …). */
function doors(folder, path) {
  return Object.entries(manifests.get(folder)?.exports ?? {})
    .filter(([key]) => path === undefined || key === path)
    .flatMap(([, target]) => (typeof target === 'string' ? [target] : Object.values(target)))
    .map((target) => `^${literal(`${folder}/${target.slice(2)}`)}$`);
}

/** 'ssm-channel/aws' → the doors it stands for. */
function doorsOf(entry) {
  const [name, ...rest] = entry.split('/');
  const folder = folders.find((path) => path.endsWith(`/${name}`));
  return doors(folder, rest.length > 0 ? `./${rest.join('/')}` : undefined);
}

/** Folders of the workspace packages that a manifest names; what an app bundles may stand among its devDependencies. */
function declared(folder) {
  const { dependencies, peerDependencies, optionalDependencies, devDependencies } = manifests.get(folder);
  const names = Object.keys({
    ...dependencies,
    ...peerDependencies,
    ...optionalDependencies,
    ...(folder.startsWith('apps/') ? devDependencies : {}),
  });
  return folders.filter((candidate) => names.includes(manifests.get(candidate).name));
}

const layerRules = folders.flatMap((folder) => {
  const others = `^(packages|apps)/(?!${literal(folder.split('/')[1])}/)`;
  const visible = [...layers[folder], ...leaves].flatMap(doorsOf);
  return [
    {
      name: 'layers',
      comment: `${folder} may import: ${[...layers[folder], ...leaves].join(', ')}. Move what it needs down, or into a leaf.`,
      severity: 'error',
      from: { path: `^${literal(folder)}/(src|bin)/` },
      to: {
        path: others,
        pathNot: visible,
        // A seam for plugins is typed by the library that owns it.
        ...(folder === 'packages/cli-kit' ? { dependencyTypesNot: ['type-only'] } : {}),
      },
    },
    {
      name: 'no-unresolvable',
      comment: `The import is not among the dependencies in ${folder}/package.json: it works here and fails once installed.`,
      severity: 'error',
      from: { path: `^${literal(folder)}/(src|bin)/` },
      to: { path: others, pathNot: declared(folder).map((other) => `^${literal(other)}/`) },
    },
  ];
});

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two modules that need each other are one module, or hide a third.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...layerRules,
    {
      name: 'layers',
      comment: 'An app is started, never imported.',
      severity: 'error',
      from: { pathNot: '^apps/' },
      to: { path: '^apps/' },
    },
    {
      name: 'no-deep-imports',
      comment: 'Import a package by a path that its manifest exports.',
      severity: 'error',
      from: { path: '^([^/]+/[^/]+)/' },
      to: { path: '^(packages|apps)/', pathNot: ['^$1/', ...folders.flatMap((folder) => doors(folder))] },
    },
    {
      name: 'no-unresolvable',
      comment: 'Nothing answers to this name, or only by luck: it is in no manifest.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-unresolvable',
      comment: 'The import is not among the dependencies of the nearest package.json.',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/(src|bin)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-unresolvable',
      comment: 'A development dependency is not there once the package is installed.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'pure-rooms-do-no-io',
      comment: `Of Node, pure code may import ${pureModules.join(', ')}: bytes and time come in as arguments.`,
      severity: 'error',
      from: { path: pureRooms.map((room) => `^${room}`) },
      to: { dependencyTypes: ['core'], pathNot: `^(node:)?(${pureModules.join('|')})$` },
    },
    {
      name: 'pure-rooms-do-no-io',
      comment: 'Pure code may lean on pure code and on the table of errors, and on nothing else.',
      severity: 'error',
      from: { path: pureRooms.map((room) => `^${room}`) },
      to: {
        dependencyTypesNot: ['core', 'type-only'],
        pathNot: [...pureRooms.map((room) => `^${room}`), '/src/errors\\.ts$'],
      },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '/dist/'] },
    exclude: { path: ['^\\.cache/', '/fixtures/', '\\.test-d\\.ts$'] },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    moduleSystems: ['es6', 'cjs'],
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
