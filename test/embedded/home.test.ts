import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openHome } from '../../shared/embedded/home.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

const template = fileURLToPath(new URL('../../examples/deployment', import.meta.url))

async function modeOf(file: string): Promise<string> {
  return ((await stat(file)).mode & 0o777).toString(8)
}

test('a directory that was there is its owner’s alone once it is a home, and so are the files in it', async () => {
  const directory = join(await temporaryDirectory(), 'home')
  await mkdir(directory)
  await chmod(directory, 0o755)
  const home = await openHome({ directory, template })
  try {
    expect(await modeOf(directory)).toBe('700')
    const files = (await readdir(directory, { withFileTypes: true })).filter((each) => each.isFile())
    const modes = await Promise.all(
      files.map(async ({ name }) => [name, await modeOf(join(directory, name))]),
    )
    expect(modes).toContainEqual(['store.sqlite-wal', '600'])
    expect(modes.filter(([, mode]) => mode !== '600')).toEqual([])
  } finally {
    home.close()
  }
})

test('a store that others could read is its owner’s alone from the next opening on', async () => {
  const directory = await temporaryDirectory()
  const store = join(directory, 'store.sqlite')
  await writeFile(store, '')
  await chmod(store, 0o644)
  const home = await openHome({ directory, template })
  home.close()
  expect(await modeOf(store)).toBe('600')
})
