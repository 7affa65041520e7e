// What everybody gets who installs one of our packages, from the tree as it is installed:
//   node scripts/inventory.mjs licences [--update]   holds THIRD-PARTY.md to it, or writes that file
//   node scripts/inventory.mjs sbom FOLDER           writes one CycloneDX document for each published package
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readText, report, root, workspacePackages } from './workspace.mjs';

/** What may be handed on by us under MIT, with its notice where it asks for one. Anything else is for a person to read. */
const accepted = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
]);

/** Others that a person has read and agreed to, for one package: both come unchanged from the registry, bundled nowhere. */
const agreed = { npm: 'Artistic-2.0', 'spdx-exceptions': 'CC-BY-3.0' };

/** Licences that a manifest does not name as SPDX does. */
const named = { 'Apache 2.0': 'Apache-2.0' };

const workspace = workspacePackages();
const ours = new Map(workspace.map((member) => [member.name, member]));

function ownPackage(name) {
  const member = ours.get(name);
  if (!member) throw new Error(`No package of ours is called ${name}.`);
  return member;
}

/**
 * What comes along with a package of ours, by `name@version`: `{ name, version, licence, uses }`, where `uses` are ids
 * again. Of an app that is what is bundled into it, too, unless it is not asked for.
 *
 * Parts for one platform are not installed on another: they are taken to have the licence of the package that asks for
 * them, which is by the same people.
 */
export function inventory(name, { withBundled = true } = {}) {
  const { folder, manifest } = ownPackage(name);
  const isBundle = (of) => withBundled && of?.startsWith('apps/') === true;
  const found = new Map();
  const visit = (asking, wanted) =>
    Object.entries(wanted).map(([dependency, range]) => {
      const place = find(asking, dependency);
      const isCommon = place !== undefined && !isForOnePlatform(place.manifest, readManifest(asking));
      const version = isCommon ? place.manifest.version : range;
      const licence = licenceOf(isCommon ? place.manifest : readManifest(asking));
      const id = `${dependency}@${version}`;
      if (found.has(id)) return id;
      const entry = { name: dependency, version, licence, uses: /** @type {string[]} */ ([]) };
      found.set(id, entry);
      if (isCommon) entry.uses = visit(place.folder, wantedBy(place.manifest, isBundle(ours.get(dependency)?.folder)));
      return id;
    });
  const uses = visit(join(root, folder), wantedBy(manifest, isBundle(folder)));
  return { uses, found };
}

/** Dependencies of production; of a bundle also what it is made of. */
function wantedBy(manifest, isBundle) {
  const peers = Object.keys(manifest.peerDependencies ?? {}).filter(
    (name) => !manifest.peerDependenciesMeta?.[name]?.optional && name in (manifest.devDependencies ?? {}),
  );
  const bundled = isBundle
    ? Object.entries(manifest.devDependencies ?? {}).filter(([name]) => !name.startsWith('@types/'))
    : [];
  return {
    ...Object.fromEntries(bundled),
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...Object.fromEntries(peers.map((name) => [name, manifest.peerDependencies[name]])),
  };
}

/** As Node finds it, from the folder that asks. */
function find(from, name) {
  for (let folder = from; ; folder = dirname(folder)) {
    const place = join(folder, 'node_modules', name);
    if (existsSync(join(place, 'package.json'))) {
      const real = realpathSync(place);
      return { folder: real, manifest: readManifest(real) };
    }
    if (folder === dirname(folder)) return undefined;
  }
}

function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/** Others name the systems they run on, too: a part is what its package can do without. */
function isForOnePlatform({ name, os, cpu }, asking) {
  return (os ?? cpu) !== undefined && name in (asking.optionalDependencies ?? {});
}

function licenceOf(manifest) {
  const { license, licenses } = manifest;
  const stated = license?.type ?? license ?? licenses?.[0]?.type ?? 'unknown';
  return named[stated] ?? stated;
}

/** Everything that is handed on by all of our packages, by id, and who hands it on. */
function everything() {
  const all = new Map();
  for (const { name, manifest } of workspace) {
    if (manifest.private === true && !manifest.bin) continue;
    for (const [id, entry] of inventory(name).found) {
      if (ours.has(entry.name)) continue;
      const known = all.get(id) ?? { ...entry, by: [] };
      known.by.push(name);
      all.set(id, known);
    }
  }
  return [...all.values()].toSorted((a, b) => compare(a.name, b.name) || compare(a.version, b.version));
}

function compare(a, b) {
  return a < b ? -1 : Number(a > b);
}

/** The words of an SPDX expression; one of several is enough where it says OR. */
function isAccepted(licence) {
  const words = licence.replaceAll(/[()]/g, '');
  return words.includes(' OR ')
    ? words.split(' OR ').some((word) => isAccepted(word.trim()))
    : words.split(' AND ').every((word) => accepted.has(word.trim()));
}

function licencesPage() {
  const entries = everything();
  const counts = new Map();
  for (const { licence } of entries) counts.set(licence, (counts.get(licence) ?? 0) + 1);
  const byCount = [...counts].toSorted(([a, x], [b, y]) => y - x || compare(a, b));
  return [
    '# Third-party software',
    '',
    'What is installed along with our packages or bundled into our programs, with the licence its makers state.',
    'Written by `node scripts/inventory.mjs licences --update`; a licence that nobody has agreed to fails the check.',
    '',
    '| Licence | Packages |',
    '|---|---|',
    ...byCount.map(([licence, count]) => `| ${licence} | ${count} |`),
    '',
    '| Package | Version | Licence |',
    '|---|---|---|',
    ...entries.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`),
    '',
  ].join('\n');
}

function holdLicences(update) {
  const file = 'THIRD-PARTY.md';
  const page = licencesPage();
  if (update) writeFileSync(join(root, file), page);
  const problems = everything()
    .filter(({ name, licence }) => agreed[name] !== licence && !isAccepted(licence))
    .map(
      ({ name, version, licence, by }) => `${name}@${version} is '${licence}', which nobody agreed to; used by ${by}`,
    );
  if (!existsSync(join(root, file)) || readText(file) !== page)
    problems.push(`${file} is out of date: node scripts/inventory.mjs licences --update`);
  report(problems);
}

/** A CycloneDX 1.6 document of a package of ours. The same tree gives the same bytes: no time, no random number. */
export function sbom(name) {
  const { manifest } = ownPackage(name);
  const { uses, found } = inventory(name);
  const hashes = lockedHashes();
  const self = { name, version: manifest.version, licence: manifest.license, uses };
  const component = (entry, type) => {
    const [, group, short] = /^(?:(@[^/]+)\/)?(.+)$/.exec(entry.name) ?? [];
    const hash = hashes.get(`${entry.name}@${entry.version}`);
    return {
      type,
      'bom-ref': purlOf(entry),
      ...(group && { group }),
      name: short,
      version: entry.version,
      ...(hash && { hashes: [{ alg: 'SHA-512', content: hash }] }),
      licenses: [
        / (?:OR|AND) /.test(entry.licence) ? { expression: entry.licence } : { license: { id: entry.licence } },
      ],
      purl: purlOf(entry),
    };
  };
  const entries = [...found.values()].toSorted((a, b) => compare(purlOf(a), purlOf(b)));
  const refs = (ids) => [...new Set(ids.map((id) => purlOf(found.get(id))))].toSorted(compare);
  const body = {
    metadata: {
      tools: { components: [{ type: 'application', name: 'scripts/inventory.mjs', group: 'hawser' }] },
      component: component(self, manifest.bin ? 'application' : 'library'),
    },
    components: entries.map((entry) => component(entry, 'library')),
    dependencies: [self, ...entries].map((entry) => ({ ref: purlOf(entry), dependsOn: refs(entry.uses) })),
  };
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(body))}`,
    version: 1,
    ...body,
  };
}

/** Package URL specification, type npm: the @ of a scope is escaped. */
function purlOf({ name, version }) {
  return `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;
}

/** A version 5 look-alike of content, so that it is a UUID and always the same one. */
function uuidOf(text) {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** SHA-512 of tarballs as the lock file pins them, in hex, by id. */
function lockedHashes() {
  const pinned = readText('pnpm-lock.yaml').matchAll(
    /^ {2}'?([^\s':]+)'?:\n {4}resolution: \{integrity: sha512-([^},]+)\}/gm,
  );
  return new Map([...pinned].map(([, id, base64]) => [id, Buffer.from(base64, 'base64').toString('hex')]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [task, folder] = process.argv.slice(2);
  if (task === 'licences') holdLicences(process.argv.includes('--update'));
  else if (task === 'sbom' && folder) {
    mkdirSync(folder, { recursive: true });
    for (const { name, manifest } of workspace) {
      if (manifest.private === true) continue;
      const file = `${name.replace('@', '').replace('/', '-')}-${manifest.version}.cdx.json`;
      writeFileSync(resolve(folder, file), `${JSON.stringify(sbom(name), null, 2)}\n`);
    }
  } else {
    process.stderr.write('Usage: node scripts/inventory.mjs licences [--update] | sbom FOLDER\n');
    process.exitCode = 2;
  }
}
