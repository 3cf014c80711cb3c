package gate

import (
	"context"

	"dixa-mcp/internal/view"
)

// mayShowRecords refuses a read of conversations or customers where the budget allows none this hour.
func (c *call) mayShowRecords(ctx context.Context) error {
	if c.tool.Task() || !c.tool.Operations[0].ShowsRecords() {
		return nil
	}
	_, err := c.budget.recordsLeft(ctx)
	return err
}

// recordsIn returns how many conversations and customers an answer shows: each item of a list of these, or the one that the call names,
// however much of it is shown.
func (c *call) recordsIn(r view.Result) int {
	switch op := c.tool.Operations[0]; {
	case op.ListsRecords():
		return r.Shown
	case op.ShowsRecords():
		return min(r.Total, 1)
	}
	return 0
}
