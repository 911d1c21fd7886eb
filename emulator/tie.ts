/**
 * `tie.ts DIRECTORY PROGRAM ARGUMENT…` runs a program in a directory for as long as whoever started this lives.
 * Standard input is the tie: its other end closes when the starter dies, however it dies, and then the whole process
 * group goes. A byte on it before that lets the program go: it stays for good.
 */
import { spawn } from 'node:child_process'

const [directory, program = '', ...args] = process.argv.slice(2)
const child = spawn(program, args, { cwd: directory, stdio: ['ignore', 'inherit', 'inherit'] })
child.once('exit', (code) => process.exit(code ?? 1))
child.once('error', () => process.exit(1))
const severed = (): void => void process.kill(0, 'SIGKILL')
process.stdin.once('end', severed)
process.stdin.once('data', () => process.stdin.off('end', severed))
