const { readdirSync } = require('node:fs')

/**
 * The one list of rooms, left to right: a room imports only rooms to its left. A room that has not arrived yet may
 * stand here; a folder under shared/ that doesn't is an error.
 */
const rooms = [
  'base',
  'identity',
  'ledger',
  'authorities',
  'records',
  'ingest',
  'resolution',
  'fusion',
  'datasets',
  'disclosure',
  'principals',
  'api',
]
/** Never import each other. */
const sameRank = ['datasets', 'disclosure']
/** Implement ports.ts; compose rooms; imported by functions/ and bin/ alone. */
const adapters = ['embedded', 'aws']

const known = new Set([...rooms, ...adapters])
for (const entry of readdirSync('shared', { withFileTypes: true })) {
  if (entry.isDirectory() && !known.has(entry.name))
    throw new Error(`shared/${entry.name} is in no list of rooms`)
}

const path = (names) => `^shared/(${names.join('|')})/`
const allowed = (room) =>
  rooms
    .slice(0, rooms.indexOf(room) + 1)
    .filter((each) => each === room || !(sameRank.includes(room) && sameRank.includes(each)))

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      // It hands itself on as a namespace, as zod does
      from: { pathNot: '^infra/zod-without-locales[.]ts$' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...rooms.map((room) => ({
      name: `${room}-imports-left`,
      severity: 'error',
      from: { path: path([room]) },
      to: { path: '^shared/[^/]+/', pathNot: path(allowed(room)) },
    })),
    {
      name: 'ports-know-base-and-settings',
      severity: 'error',
      from: { path: '^shared/ports\\.ts$' },
      to: { path: '^shared/', pathNot: '^shared/(base/|settings\\.ts$)' },
    },
    {
      name: 'settings-know-nothing',
      severity: 'error',
      from: { path: '^shared/settings\\.ts$' },
      to: { path: '^shared/' },
    },
    {
      name: 'names-know-nothing',
      severity: 'error',
      from: { path: '^shared/names\\.ts$' },
      to: { path: '^shared/' },
    },
    ...adapters.map((adapter) => ({
      name: `${adapter}-stands-alone`,
      severity: 'error',
      from: { path: path([adapter]) },
      to: { path: path(adapters.filter((each) => each !== adapter)) },
    })),
    {
      name: 'rooms-know-no-adapter',
      severity: 'error',
      from: { path: path(rooms) },
      to: { path: `(${path(adapters)})|node_modules/(@aws-sdk|@middy)/|^node:sqlite$|^sqlite$` },
    },
    {
      name: 'infra-knows-settings-and-names',
      severity: 'error',
      from: { path: '^infra/' },
      to: { path: '^(shared|bin|functions|emulator|test)/', pathNot: '^shared/(settings|names)\\.ts$' },
    },
    {
      name: 'commands-import-no-command',
      severity: 'error',
      from: { path: '^bin/(commands|collector)/' },
      // The part of `case` that needs no session
      to: { path: '^bin/commands/', pathNot: '^bin/commands/package[.]ts$' },
    },
    {
      name: 'nothing-imports-the-edges',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^(bin|functions|infra|emulator|test|bench|docs|examples)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
