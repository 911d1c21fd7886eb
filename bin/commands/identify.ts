import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Command } from 'commander'
import { identify } from '../../shared/identity/identify.ts'

/** Lines written at once: a write for each of a million lines would take most of the time. */
const BATCH_LINES = 2_000

export function identifyCommand(): Command {
  return new Command('identify')
    .description('Say what identifiers are and whether they hold; needs no home')
    .argument('[codes...]', 'identifiers, or - for one a line on stdin')
    .option('--json', 'JSON lines, which it prints anyway')
    .action(async (codes: readonly string[], _: unknown, command: Command) => {
      if (codes.length === 0) command.error('error: name at least one code, or - for stdin', { exitCode: 2 })
      await writeLines(codes.length === 1 && codes[0] === '-' ? stdinLines() : codes)
    })
}

function stdinLines(): AsyncIterable<string> {
  return createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })
}

async function writeLines(inputs: AsyncIterable<string> | Iterable<string>): Promise<void> {
  // The reader went away (head, less): nothing more to do
  process.stdout.on('error', (fault: NodeJS.ErrnoException) => process.exit(fault.code === 'EPIPE' ? 0 : 1))
  let batch: string[] = []
  for await (const input of inputs) {
    batch.push(JSON.stringify(identify(input)))
    if (batch.length < BATCH_LINES) continue
    await write(batch)
    batch = []
  }
  await write(batch)
}

async function write(lines: readonly string[]): Promise<void> {
  if (lines.length > 0 && !process.stdout.write(`${lines.join('\n')}\n`)) await once(process.stdout, 'drain')
}
