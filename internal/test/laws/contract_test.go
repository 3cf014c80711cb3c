package laws

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/test/contract"
	"dixa-mcp/internal/test/seeds"
	"dixa-mcp/schemas"
	"dixa-mcp/tools"
)

var addresses = map[dixaclient.Host]string{dixaclient.API: dixaclient.DefaultURL, dixaclient.Exports: dixaclient.DefaultExportsURL}

// unsaid are parts of Dixa's requests that no argument says, by how they begin.
var unsaid = []struct{ part, why string }{
	{"POST /v1/anonymization <Conversation>.entityType", "the old way to say _type"},
	{"POST /v1/anonymization <Message>.entityType", "the old way to say _type"},
	{"POST /v1/anonymization <User>.entityType", "the old way to say _type"},
	{"POST /v1/conversations <Sms>.message<Inbound>", "Dixa takes Sms outbound only"},
	{"POST /v1/conversations/import <GenericConversationImport>.messages<InboundImport>.attachments.prettyName", "messages of the past name their files by address"},
	{"POST /v1/conversations/import <GenericConversationImport>.messages<OutboundImport>.attachments.prettyName", "messages of the past name their files by address"},
	{"POST /v1/conversations/{conversationId}/ratings/{ratingId}/submit .userId", "no longer used by Dixa"},
}

// Whatever arguments an operation accepts, Dixa's documents accept the request that it makes of them; and together the
// operations can say everything that the documents know.
func TestRandomArgumentsKeepTheContract(t *testing.T) {
	c := contract.Load(t)
	documented := map[string]*documentation{}
	for _, op := range c.Operations() {
		doc := &documentation{op.Parts(), slices.Concat(op.QueryParams, op.Parts())}
		doc.unsaid = slices.DeleteFunc(doc.unsaid, func(part string) bool {
			return slices.ContainsFunc(unsaid, func(known struct{ part, why string }) bool {
				return strings.HasPrefix(op.String()+" "+part, known.part)
			})
		})
		documented[op.String()] = doc
	}
	for _, op := range dixaclient.Operations() {
		doc := documented[op.Method+" "+op.Path]
		t.Run(op.Name, func(t *testing.T) {
			made := 0
			all := seeds.Run(t, func(t *testing.T, random *rand.Rand) {
				if in, r := accept(t, &maker{Rand: random}, op); r != nil {
					made++
					check(t, c, op, in, r)
					callable(t, op, in, r)
					doc.said(t, r)
				}
			})
			if !all {
				return
			}
			require.GreaterOrEqual(t, made, 20, "maker in random_test.go makes too few arguments that are accepted")
			const patience, most = 3000, 20_000 // to say the rest that the documents know
			m := maker{Rand: seeds.New(-1)}
			accepted, news := 0, 0 // news is when the last part was reached
			for try := 0; try < most && len(doc.unsaid) > 0 && accepted < news+patience; try++ {
				in, r := accept(t, &m, op)
				if r == nil {
					continue
				}
				accepted++
				check(t, c, op, in, r)
				if doc.said(t, r) {
					news = accepted
				}
			}
		})
	}
	for route, doc := range documented {
		for _, part := range doc.unsaid {
			t.Errorf("%s: Dixa documents %s, and no arguments of the operation say it: add a field in dixaclient, or the reason to unsaid in internal/test/laws/contract_test.go", route, part)
		}
	}
}

// callable wants the same request from the tool, when the arguments come as JSON.
func callable(t *testing.T, op *dixaclient.Spec, in any, want *dixaclient.Request) {
	t.Helper()
	tool, ok := tools.ByName(op.Name)
	require.True(t, ok)
	arguments, err := json.Marshal(in)
	require.NoError(t, err)
	decoded, err := tool.Decode(tool.Schema(), arguments, longAgo())
	require.NoError(t, err, "%s", arguments)
	got, err := op.Request(decoded.In)
	require.NoError(t, err, "%s", arguments)
	if strings.HasPrefix(want.ContentType, "multipart/") { // whose boundary is random
		require.Equal(t, len(want.Body), len(got.Body))
		return
	}
	require.Equal(t, want, got, "%s", arguments)
}

// accept makes random arguments that the operation accepts, or gives up.
func accept(t *testing.T, m *maker, op *dixaclient.Spec) (any, *dixaclient.Request) {
	t.Helper()
	in := m.request(op)
	for range 10 {
		r, err := op.Request(in)
		if err == nil {
			return in, r
		}
		var refused *dixaclient.InputError
		require.ErrorAs(t, err, &refused)
		if !m.mend(in, refused.Field) {
			break
		}
	}
	return nil, nil
}

// documentation is what an operation's body may hold, and what of the request nothing has said yet.
type documentation struct {
	parts  []string
	unsaid []string
}

// said strikes out what a request says, and tells whether anything was.
func (doc *documentation) said(t *testing.T, r *dixaclient.Request) bool {
	t.Helper()
	said := slices.Collect(maps.Keys(r.Query))
	if r.ContentType == "application/json" {
		parts, err := contract.PartsIn(r.Body, doc.parts)
		require.NoError(t, err)
		said = append(said, parts...)
	}
	before := len(doc.unsaid)
	doc.unsaid = slices.DeleteFunc(doc.unsaid, func(part string) bool { return slices.Contains(said, part) })
	return len(doc.unsaid) < before
}

func check(t *testing.T, c *contract.Contract, op *dixaclient.Spec, in any, r *dixaclient.Request) {
	t.Helper()
	address := addresses[op.Host] + r.Path
	if len(r.Query) > 0 {
		address += "?" + r.Query.Encode()
	}
	req, err := http.NewRequest(r.Method, address, bytes.NewReader(r.Body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", r.ContentType)
	require.NoError(t, c.CheckRequest(req, r.Body), "%s %s\n%s\nfrom %s", r.Method, address, r.Body, fmt.Sprintf("%+v", in))
}

// longAgo is a reading by whose clock every random time lies in the future.
func longAgo() *schemas.Reading {
	return &schemas.Reading{Now: func() time.Time { return time.Time{} }}
}
