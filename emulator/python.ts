import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runGroup } from './process-group.ts'

/** Tried together; boto3 is what CDK's own custom resources run on. */
const PACKAGES = ['ministack==1.5.33', 'boto3', 'cryptography']

/** Makes the emulator's Python environment where there is none; answers the directory of its programs. */
export async function preparePython(directory: string): Promise<string> {
  const environment = join(directory, 'python')
  const programs = join(environment, 'bin')
  const label = join(environment, 'packages')
  const wanted = PACKAGES.join('\n')
  if ((await readFile(label, 'utf8').catch(() => '')) === wanted) return programs
  // One that broke off half way, or is of other packages, is not to be gone on with
  await rm(environment, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  const run = (program: string, ...args: readonly string[]) =>
    runGroup({ program, args, directory, log: join(directory, 'python.log') })
  await run('python3', '-m', 'venv', environment)
  await run(join(programs, 'pip'), 'install', '--quiet', '--disable-pip-version-check', ...PACKAGES)
  await writeFile(label, wanted)
  return programs
}
