package approver

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
)

type book []audit.Record

func (b *book) Write(_ context.Context, r audit.Record) error {
	*b = append(*b, r)
	return nil
}

// Nobody decides, either way, about what an agent asked on their own behalf; the record of another's decision names the person.
func TestOwn(t *testing.T) {
	rules, err := capability.Parse("f", []byte(`version: 1
approvers:
  anna: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, email: anna@example.com, may: [write]}
  bo: {key_sha256: fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9, may: [write]}
agents: {a: {access: {tags: read}}}
`))
	require.NoError(t, err)
	store := approval.NewDir(filepath.Join(t.TempDir(), "approvals"), time.Now)
	parked, err := store.Park(t.Context(), approval.Request{Agent: "a", Person: "Anna@Example.com", Tool: "add_note", Level: "write", Digest: strings.Repeat("ab", 32)})
	require.NoError(t, err)
	anna, ok := Authenticate(rules, []byte("foo"), store)
	require.True(t, ok)
	bo, ok := Authenticate(rules, []byte("bar"), store)
	require.True(t, ok)
	var log book
	for _, approve := range []bool{true, false} {
		_, err = anna.Decide(t.Context(), &log, parked, Verdict{Approve: approve})
		require.ErrorAs(t, err, new(*OwnError))
		require.ErrorContains(t, err, "anna may not decide about "+parked.Number+": an agent asked for it on the same person's behalf; another approver must decide")
	}
	require.Empty(t, log)
	require.False(t, anna.Details(parked).MayDecide)
	decided, err := bo.Decide(t.Context(), &log, parked, Verdict{Approve: true})
	require.NoError(t, err)
	require.Equal(t, "Anna@Example.com", ItemOf(decided.Request).Person)
	require.Equal(t, "Anna@Example.com", log[0].Person)
	require.Contains(t, log[0].Text, "for which a for Anna@Example.com had asked")
}
