// Verifies a log and its proofs with nothing of credit-fusion's: Go's golang.org/x/mod/sumdb, torchwood and
// transparency-dev/formats. docs/verifying.md says how it is run.
package main

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/torchwood"
	formats "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	log.SetFlags(0)
	dir := flag.String("log", "", "directory of the log")
	second := flag.String("second", "", "file with the log's ECDSA key")
	policyFile := flag.String("policy", "", "policy file (c2sp.org/tlog-policy)")
	vkeyFile := flag.String("vkey", "", "file with the log's Ed25519 key")
	flag.Parse()

	checkpoint := read(filepath.Join(*dir, "checkpoint"))
	ed25519 := must(note.NewVerifier(line(*vkeyFile)))
	tree := open(checkpoint, ed25519)
	fmt.Printf("checkpoint of %d entries signed with Ed25519 (x/mod/sumdb/note)\n", tree.N)
	if *second != "" {
		open(checkpoint, must(formats.NewVerifier(line(*second))))
		fmt.Println("the same signed with ECDSA (transparency-dev/formats)")
	}
	checkEntries(*dir, tree)
	checkGrowth(*dir, tree, ed25519)
	if *policyFile == "" {
		return
	}
	policy := must(torchwood.ParsePolicy(read(*policyFile)))
	must2(torchwood.VerifyCheckpoint(checkpoint, policy))
	fmt.Println("checkpoint is as the policy asks (torchwood)")
	for _, name := range flag.Args() {
		checkProof(name, policy)
	}
}

// Each entry is in the tree that the checkpoint is of.
func checkEntries(dir string, tree torchwood.Checkpoint) {
	client := must(torchwood.NewClient(must(torchwood.NewTileFS(os.DirFS(dir)))))
	count := 0
	for range client.AllEntries(context.Background(), tree.Tree, 0) {
		count++
	}
	check(client.Err())
	if int64(count) != tree.N {
		log.Fatalf("%d entries where there are to be %d", count, tree.N)
	}
	fmt.Printf("%d entries lead to its root (x/mod/sumdb/tlog)\n", count)
}

// The log has only grown since each checkpoint that it keeps.
func checkGrowth(dir string, tree torchwood.Checkpoint, key note.Verifier) {
	tiles := must(torchwood.NewTileFS(os.DirFS(dir)))
	hashes := torchwood.TileHashReaderWithContext(context.Background(), tree.Tree, tiles)
	names := must(filepath.Glob(filepath.Join(dir, "checkpoints", "*")))
	for _, name := range names {
		old := open(read(name), key)
		proof := must(tlog.ProveTree(tree.N, old.N, hashes))
		check(tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash))
	}
	fmt.Printf("%d kept checkpoints are its beginnings (x/mod/sumdb/tlog)\n", len(names))
}

// proofs/<n> of an export proves leaves/<n>.
func checkProof(name string, policy torchwood.Policy) {
	leaf := read(strings.Replace(name, "proofs", "leaves", 1))
	check(torchwood.VerifyProof(policy, tlog.RecordHash(leaf), read(name)))
	fmt.Printf("%s proves the leaf of SHA-256 %x (torchwood)\n", name, sha256.Sum256(leaf))
}

func open(signed []byte, key note.Verifier) torchwood.Checkpoint {
	opened := must(note.Open(signed, note.VerifierList(key)))
	checkpoint := must(torchwood.ParseCheckpoint(opened.Text))
	if checkpoint.Origin != key.Name() {
		log.Fatalf("a checkpoint of %s", checkpoint.Origin)
	}
	return checkpoint
}

func read(name string) []byte { return must(os.ReadFile(name)) }

func line(name string) string { return strings.TrimSpace(string(read(name))) }

func must[T any](value T, err error) T {
	check(err)
	return value
}

func must2[T, U any](value T, _ U, err error) T { return must(value, err) }

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
