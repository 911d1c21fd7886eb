// Appends entries to a POSIX log of Tessera's, and says how long it took until its checkpoint had all of them.
// bench/ledger.ts builds and runs it, where there is Go.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

// main takes the log's directory, a file of entries one after another, the bytes of each, and how many make a batch.
func main() {
	directory, file := os.Args[1], os.Args[2]
	width, batch := number(os.Args[3]), number(os.Args[4])
	entries := must(os.ReadFile(file))
	count := len(entries) / width

	ctx := context.Background()
	key, _, err := note.GenerateKey(rand.Reader, "tessera.example/bench")
	check(err)
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(must(note.NewSigner(key))).
		WithBatching(uint(batch), 20*time.Millisecond).
		WithPushback(uint(count)+1).
		// The shortest that its POSIX log takes
		WithCheckpointInterval(100 * time.Millisecond)
	driver := must(posix.New(ctx, posix.Config{Path: directory}))
	appender, shutdown, reader, err := tessera.NewAppender(ctx, driver, options)
	check(err)

	begin := time.Now()
	published := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, 2*time.Millisecond)
	futures := make([]tessera.IndexFuture, count)
	for at := range futures {
		futures[at] = appender.Add(ctx, tessera.NewEntry(entries[at*width:(at+1)*width]))
	}
	for _, future := range futures {
		_, _, err := published.Await(ctx, future)
		check(err)
	}
	seconds := time.Since(begin).Seconds()
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{"entries": count, "seconds": seconds}))
	check(shutdown(ctx))
}

func number(text string) int { return must(strconv.Atoi(text)) }

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
