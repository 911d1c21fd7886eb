#!/usr/bin/env node
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { findEmulator, OTHER_ACCOUNT } from '../emulator/process.ts'
import { bringUp, type EmulatedStack, findStack, takeDown } from '../emulator/stack.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const TOOLS = `${ROOT}.local/emulator`
const DIRECTORY = `${ROOT}.local/stack`
const NAME = 'local'
/** There once the journey has begun. It publishes the first version, and there is one first version. */
const WALKED = `${DIRECTORY}/walked`

const program = new Command('stack').description('The deployed system on this machine, on an emulator of AWS')

program
  .command('up')
  .description('Prepare the emulator, start it, deploy the app, make an account for everybody')
  .option('--port <number>', 'the port that it answers on; any that is free where it is left out', Number)
  .action(async ({ port }: { port?: number }) => {
    if ((await findEmulator(DIRECTORY)) !== undefined) {
      const isUp = (await findStack(DIRECTORY)) !== undefined
      return end(1, `it is ${isUp ? 'up' : 'being brought up'} already; \`down\` ends it`)
    }
    const stack = await bringUp(NAME, {
      ...{ tools: TOOLS, directory: DIRECTORY, stays: true as const },
      ...(port !== undefined && { port }),
    })
    process.stdout.write(`${welcome(stack)}\n`)
  })

program
  .command('journey')
  .description("Walk the main job's journey through it, and try what must fail")
  .action(async () => {
    if ((await findStack(DIRECTORY)) === undefined) return end(1, 'nothing is up; `up` brings it')
    if (existsSync(WALKED))
      return end(1, 'it was walked already; `down` and `up` give a stack without its traces')
    writeFileSync(WALKED, '')
    const vitest = `${ROOT}node_modules/vitest/vitest.mjs`
    const tests = ['test/emulated/stack.test.ts', '--testNamePattern', 'the main job|what must fail']
    const env = { ...process.env, STACK_DIRECTORY: DIRECTORY }
    const run = spawn(process.execPath, [vitest, 'run', ...tests], { cwd: ROOT, env, stdio: 'inherit' })
    const [code] = await once(run, 'exit')
    process.exitCode = code ?? 1
  })

program
  .command('env')
  .description('What a shell must say to reach it, to be read by `eval`')
  .option('--authority <code>', 'as this authority, by its own keys')
  .action(async ({ authority }: { authority?: string }) => {
    const stack = await findStack(DIRECTORY)
    if (stack === undefined) return end(1, 'nothing is up; `up` brings it')
    const keys = authority === undefined ? undefined : stack.authorities[authority]
    if (authority !== undefined && keys === undefined) return end(2, `no authority is named ${authority}`)
    const lines = Object.entries(variablesOf(stack, keys)).map(([name, value]) => `export ${name}='${value}'`)
    process.stdout.write(`${[`unset ${OTHER_ACCOUNT.join(' ')}`, ...lines].join('\n')}\n`)
  })

program
  .command('down')
  .description('Stop it and remove what it held')
  .action(() => takeDown(DIRECTORY))

await program.parseAsync()

function variablesOf(stack: EmulatedStack, keys = { accessKeyId: 'test', secretAccessKey: 'test' }) {
  return {
    ...stack.emulator.environment,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    CREDIT_FUSION_STACKS: DIRECTORY,
    CREDIT_FUSION_PASSWORD: stack.password,
  }
}

function welcome({ emulator, outputs, name }: EmulatedStack): string {
  return [
    `The emulator answers at ${emulator.endpoint}, the API at ${outputs['ApiUrl']}.`,
    'Try:',
    '  npm run stack -- journey',
    '  eval "$(npm run --silent stack -- env --authority demo-market-regulator)"',
    `  npx credit-fusion push --stack ${name} --authority demo-market-regulator --layout registration examples/registration.csv`,
    '  npm run stack -- down',
  ].join('\n')
}

function end(exitCode: number, message: string): void {
  process.stderr.write(`${message}\n`)
  process.exitCode = exitCode
}
