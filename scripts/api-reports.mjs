// Holds the public API of every package to packages/<name>/api/<entry>.api.md, one report per export path:
// node scripts/api-reports.mjs [--update] [package …]
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel, ExtractorMessageCategory } from '@microsoft/api-extractor';
import { cache, report, root, workspacePackages } from './workspace.mjs';

/** Types that stand in the API behind a symbol nobody outside has: whoever uses the package cannot name them. */
const unnameable = new Set(['Member', 'MemberState']);

const update = process.argv.includes('--update');
const chosen = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const problems = [];

for (const { folder, manifest } of workspacePackages()) {
  const doors = Object.entries(manifest.exports ?? {}).filter(([, target]) => target.types);
  if (doors.length === 0 || (chosen.length > 0 && !chosen.some((name) => folder.endsWith(`/${name}`)))) continue;
  mkdirSync(join(root, folder, 'api'), { recursive: true });
  const said = [];
  const reports = new Set(doors.map(([path, target]) => compare(folder, reportName(path), target.types, said)));
  // What another export path of the package exports is not forgotten.
  const exported = exportsIn([...reports].map((file) => join(cache, 'api', folder, file)));
  problems.push(
    ...said.filter(({ symbol }) => !exported.has(symbol) && !unnameable.has(symbol)).map(({ text }) => text),
  );
  for (const file of readdirSync(join(root, folder, 'api'))) {
    if (reports.has(file)) continue;
    if (update) rmSync(join(root, folder, 'api', file));
    else problems.push(`${folder}/api/${file} reports an export path that is gone: npm run check -- api --update`);
  }
}
report(problems);

/** '.' → 'index', './aws' → 'aws', './a/b' → 'a-b'. */
function reportName(path) {
  return path === '.' ? 'index' : path.slice(2).replaceAll('/', '-');
}

/** The symbol of a complaint that it is used in the public API without being exported. */
function forgotten({ messageId, text }) {
  return messageId === 'ae-forgotten-export' ? /"(.+?)"/.exec(text)?.[1] : undefined;
}

/** Names that the given reports list as exported. */
function exportsIn(files) {
  const declaration = /^export (?:declare )?(?:abstract )?(?:class|const|enum|function|interface|type) (\w+)/gm;
  const texts = files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8'));
  return new Set(texts.flatMap((text) => [...text.matchAll(declaration)].map(([, name]) => name)));
}

function compare(folder, name, types, said) {
  const entry = join(root, folder, types);
  if (!existsSync(entry)) {
    problems.push(`${folder}/package.json exports ${types}, which was not built`);
    return `${name}.api.md`;
  }
  const config = ExtractorConfig.prepare({
    packageJsonFullPath: join(root, folder, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: join(root, folder),
      mainEntryPointFilePath: entry,
      newlineKind: 'lf',
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'ES2023',
            lib: ['ES2023'],
            types: ['node'],
            module: 'NodeNext',
            moduleResolution: 'NodeNext',
            strict: true,
            skipLibCheck: true,
          },
          files: [entry],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: join(root, folder, 'api'),
        reportTempFolder: join(cache, 'api', folder),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.Error },
          // Whatever an export path exports is public; there are no release stages to tag.
          'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
          // A link inside documentation may name a method or a door the extractor does not follow.
          'ae-unresolved-link': { logLevel: ExtractorLogLevel.None },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
      },
    },
  });
  const result = Extractor.invoke(config, {
    localBuild: update,
    showVerboseMessages: false,
    messageCallback(message) {
      message.handled = true;
      if (message.logLevel !== ExtractorLogLevel.Error || message.category === ExtractorMessageCategory.Console) return;
      // Everything exported is documented; a member may speak for itself, as `columns` does.
      const isMember = message.messageId === 'ae-undocumented' && message.sourceFileColumn !== 1;
      if (!isMember) said.push({ symbol: forgotten(message), text: message.formatMessageWithLocation(root) });
    },
  });
  if (result.apiReportChanged && !update) {
    problems.push(
      `${folder}/api/${name}.api.md: the public API changed. If that is meant: npm run check -- api --update`,
    );
  }
  return `${name}.api.md`;
}
