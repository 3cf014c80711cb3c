package main

import (
	"path/filepath"

	"dixa-mcp/internal/backup"
	"dixa-mcp/internal/base/lines"
)

type backupCmd struct {
	Dir         string `arg:"" help:"New directory for the copy."`
	jsonFlag    `embed:""`
	recordFlags `embed:""`
}

// Run copies the state directory, also while servers use it.
func (c *backupCmd) Run(out *output) error {
	flags := reachFlags{State: c.State, Audit: c.Audit}
	state, err := flags.stateDir()
	if err != nil {
		return err
	}
	records, err := flags.auditDir()
	if err != nil {
		return err
	}
	report, err := backup.Copy(state, records, c.Dir)
	if err != nil {
		return err
	}
	if c.JSON {
		report.Skipped = append([]string{}, report.Skipped...)
		return out.json(report)
	}
	out.printf("Copied %s (%d bytes) of %s to %s. Keep the copy secret: it has record.key and texts that wait for approval.\n",
		lines.Counted(report.Files, "file"), report.Bytes, state, c.Dir)
	for _, path := range report.Skipped {
		out.printf("Not copied, as it is not a regular file: %s\n", filepath.Clean(path))
	}
	return nil
}
