package archive

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A customer is satisfied with thumbs up or a CSAT of 4 or 5, if there are several ratings with each; NPS is another question.
func TestSatisfied(t *testing.T) {
	for _, test := range []struct {
		rest             string
		rated, satisfied bool
	}{
		{`{"ratings":[{"rating_type":"Csat","rating_score":4,"rating_status":"rated"}]}`, true, true},
		{`{"ratings":[{"rating_type":"CSAT","rating_score":3,"rating_status":"rated"}]}`, true, false},
		{`{"ratings":[{"rating_type":"Csat","rating_score":5},{"rating_type":"Nps","rating_score":0}]}`, true, true},
		{`{"ratings":[{"rating_type":"Csat","rating_score":5},{"rating_type":"Csat","rating_score":1}]}`, true, false},
		{`{"ratings":[{"rating_type":"ThumbsUpOrDown","rating_score":1}]}`, true, true},
		{`{"ratings":[{"rating_type":"ThumbsUpOrDown","rating_score":0}],"rating_score":1}`, true, false},
		{`{"ratings":[{"rating_type":"Nps","rating_score":10}]}`, false, false},
		{`{"ratings":[{"rating_type":"Csat","rating_status":"offered"}]}`, false, false},
		{`{"ratings":[{"rating_type":"Csat","rating_score":5,"rating_status":"offered"}]}`, false, false},
		{`{"ratings":[{"rating_type":"Csat","rating_score":"5"}]}`, false, false},
		{`{"ratings":[],"rating_score":1}`, true, true},
		{`{"rating_score":0}`, true, false},
		{`{"rating_score":"high"}`, false, false},
		{`{"ratings":"none"}`, false, false},
		{`{`, false, false},
		{``, false, false},
	} {
		rated, satisfied := Satisfied([]byte(test.rest))
		require.Equal(t, []bool{test.rated, test.satisfied}, []bool{rated, satisfied}, test.rest)
	}
}
