package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"time"

	"dixa-mcp/internal/audit"
)

// anchorEvery is the interval at which the head of the records is written to the anchor.
const anchorEvery = time.Minute

// anchor names the newest record outside the directory of records, so that missing newest records are found with dixa-mcp
// audit verify --head.
type anchor struct {
	Time time.Time `json:"time"`
	Head string    `json:"head"` // number:hash
}

// keepAnchor appends the head of the records to a file every minute and at the end. The returned function stops it.
func keepAnchor(log *audit.Log, file string) (stop func(), err error) {
	if err := writeAnchor(log, file); err != nil {
		return nil, fmt.Errorf("--audit-anchor: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(anchorEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if err := writeAnchor(log, file); err != nil {
					slog.Error("the newest record's hash could not be written to --audit-anchor", "error", err)
				}
			}
		}
	}()
	return func() {
		cancel()
		<-done
		if err := writeAnchor(log, file); err != nil {
			slog.Error("the newest record's hash could not be written to --audit-anchor", "error", err)
		}
	}, nil
}

func writeAnchor(log *audit.Log, file string) error {
	line, err := json.Marshal(anchor{time.Now().UTC(), head(log)})
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(append(line, '\n')); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func head(log *audit.Log) string {
	seq, hash := log.Head()
	return fmt.Sprintf("%d:%s", seq, hash)
}
