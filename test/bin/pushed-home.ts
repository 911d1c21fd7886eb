import { join } from 'node:path'
import { example, makeDirectory, run } from './run.ts'

/** An organisation of the examples that penalties were filed about. */
export const ORGANISATION = '91330203YY0000079F'
export const BUREAU = 'demo-environment-bureau'

export type CommandHome = {
  readonly home: string
  readonly onHome: (...args: readonly string[]) => ReturnType<typeof run>
  readonly inDirectory: (name: string) => string
  remove(): Promise<void>
}

/** What `push` is told of the penalties of one authority. */
export function pushArgs(file: string, ...more: readonly string[]): readonly string[] {
  return ['push', '--authority', BUREAU, '--layout', 'penalty-2018', ...more, file]
}

/** A home in a directory of its own, which holds the penalties of the examples as the submission `first`. */
export async function openPushedHome(): Promise<CommandHome> {
  const directory = await makeDirectory()
  const inDirectory = (name: string) => join(directory.path, name)
  const home = inDirectory('home')
  const onHome = (...args: readonly string[]) => run(...args, '--home', home)
  const { code, stderr } = await onHome(...pushArgs(example('penalties-2018.csv'), '--submission', 'first'))
  if (code !== 0) throw new Error(stderr)
  return { home, onHome, inDirectory, remove: directory.remove }
}
