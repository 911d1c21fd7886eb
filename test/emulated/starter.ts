/** `starter.ts LOG FATE`: starts a group of two that run for good, says its leader, and stays, or lets it go. */
import { startGroup } from '../../emulator/process-group.ts'

const [log = '', fate] = process.argv.slice(2)
const forever = 'setInterval(() => {}, 1000)'
const child = `require('node:child_process').spawn(process.execPath, ['-e', '${forever}']); ${forever}`
const group = startGroup({ program: process.execPath, args: ['-e', child], directory: '.', log })
if (fate === 'let go') {
  group.unref()
  group.stdin?.end('+', () => process.stdout.write(`${group.pid}\n`))
} else {
  process.stdout.write(`${group.pid}\n`)
}
