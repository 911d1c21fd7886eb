import { once } from 'node:events'
import { Command } from 'commander'
import { identify } from '../../shared/identity/identify.ts'

export function identifyCommand(): Command {
  return new Command('identify')
    .description('Say what identifiers are and whether they hold; needs no home')
    .argument('[codes...]', 'identifiers, or - for one a line on stdin')
    .option('--json', 'JSON lines, which it prints anyway')
    .action(async (codes: readonly string[], _: unknown, command: Command) => {
      if (codes.length === 0) command.error('error: name at least one code, or - for stdin', { exitCode: 2 })
      await writeAnswers(codes.length === 1 && codes[0] === '-' ? stdinLines() : [codes])
    })
}

/**
 * The lines of stdin, as many at once as came at once. A line ends at \n or \r\n and nowhere else: readline would also
 * end it at a lone \r or at U+2028, and the answers would no longer stand line by line beside the input.
 */
async function* stdinLines(): AsyncIterable<readonly string[]> {
  let rest = ''
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    const lines = String(chunk).split('\n')
    lines[0] = `${rest}${lines[0]}`
    rest = lines.pop() ?? ''
    yield lines.map(withoutReturn)
  }
  if (rest !== '') yield [withoutReturn(rest)]
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

async function writeAnswers(
  batches: AsyncIterable<readonly string[]> | Iterable<readonly string[]>,
): Promise<void> {
  for await (const batch of batches) {
    // At once: a write for each of a million lines would take most of the time
    const answers = batch.map((input) => `${JSON.stringify(identify(input))}\n`).join('')
    if (!process.stdout.write(answers)) await once(process.stdout, 'drain')
  }
}
