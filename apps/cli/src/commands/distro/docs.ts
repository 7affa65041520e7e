import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { WrittenDocs } from '../../distro/write-docs.js';

export default class DistroDocs extends HawserCommand<typeof DistroDocs, WrittenDocs> {
  static override summary = 'Make the manuals of this command line, or of a packed one.';
  static override description =
    'Markdown, one HTML file, man(1) pages, completions for bash, zsh and fish, JSON Schemas, and a manifest with their digests.\n' +
    'The same package makes the same bytes. A folder that holds anything else is refused; nothing in it is removed but what an earlier run wrote.';
  static override flags = {
    output: Flags.string({ char: 'o', summary: 'Write into this folder.', helpValue: 'FOLDER', required: true }),
    archive: Flags.string({
      summary: 'Read a package as npm pack makes them, instead of the installed one.',
      helpValue: 'FILE',
    }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> --output manuals',
    '<%= config.bin %> <%= command.id %> --output manuals --archive hawser-cli-0.1.0.tgz',
  ];

  protected async work({ flags, signal }: Work<typeof DistroDocs>): Promise<Result<WrittenDocs>> {
    const { readArchive } = await import('../../distro/read-archive.js');
    const { readInstalled } = await import('../../distro/package-files.js');
    const { dateOf, makeDocs } = await import('../../distro/make-docs.js');
    const { writeDocs } = await import('../../distro/write-docs.js');
    const files = await (flags.archive === undefined
      ? readInstalled(this.config.root)
      : readArchive(flags.archive, signal));
    const { manual, docs } = makeDocs(files, { date: dateOf(process.env) });
    const written = await writeDocs(flags.output, manual, docs);
    const done = written.unchanged ? 'were there already' : 'written';
    return {
      data: written,
      text: `${written.files.length} files of ${written.package} ${written.version} ${done}: ${written.folder}`,
    };
  }
}
