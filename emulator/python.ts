import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Tried together; boto3 is what CDK's own custom resources run on. */
const PACKAGES = ['ministack==1.5.33', 'boto3', 'cryptography']

/** Whether the machine has a Python that can make environments: the emulator is a Python program. */
export async function hasPython(): Promise<boolean> {
  return run('python3', ['-c', 'import venv, ensurepip']).then(
    () => true,
    () => false,
  )
}

/** Makes the emulator's Python environment where there is none; answers the directory of its programs. */
export async function preparePython(directory: string): Promise<string> {
  const environment = join(directory, 'python')
  const programs = join(environment, 'bin')
  if (existsSync(join(programs, 'ministack'))) return programs
  // One that broke off half way is not to be gone on with
  await rm(environment, { recursive: true, force: true })
  await run('python3', ['-m', 'venv', environment])
  await run(join(programs, 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...PACKAGES])
  return programs
}
