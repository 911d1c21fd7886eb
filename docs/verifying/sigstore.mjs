// Verifies a proof by the second key with nothing of credit-fusion's: sigstore-js, as it does with Rekor's.
// docs/verifying.md says how it is run.
import { createPublicKey, hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

const [modules = '', vkeyFile = '', proofFile = ''] = process.argv.slice(2)
// Parts that the package does not export, so by their place
const load = createRequire(resolve(modules, 'node_modules/@sigstore/verify/dist/tlog/index.js'))
const { verifyCheckpoint } = load('./checkpoint.js')
const { verifyMerkleInclusion } = load('./merkle.js')

const vkey = readFileSync(vkeyFile, 'utf8').trim()
const name = vkey.slice(0, vkey.indexOf('+'))
const spki = Buffer.from(vkey.slice(vkey.indexOf('+', name.length + 1) + 1), 'base64').subarray(1)
const tlog = {
  baseURL: name,
  logID: hash('sha256', spki, 'buffer'),
  publicKey: createPublicKey({ key: spki, format: 'der', type: 'spki' }),
}

const proof = readFileSync(proofFile, 'utf8')
const end = proof.indexOf('\n\n')
const [, index = '', ...hashes] = proof.slice(0, end).split('\n')
const entry = {
  canonicalizedBody: readFileSync(proofFile.replace('proofs', 'leaves')),
  inclusionProof: {
    logIndex: index.slice('index '.length),
    hashes: hashes.map((each) => Buffer.from(each, 'base64')),
    checkpoint: { envelope: proof.slice(end + 2) },
  },
}
const checkpoint = verifyCheckpoint(entry, [tlog])
verifyMerkleInclusion(entry, checkpoint)
console.log(`${proofFile}: in the tree of ${checkpoint.logSize} entries of ${checkpoint.origin}`)
