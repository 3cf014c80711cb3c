package tools

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A draft that was sent is found in each form in which Dixa may keep a message.
func TestDraftIsFoundInMessages(t *testing.T) {
	w := &draft{text: "It takes < 5 days,\n\nif <b>1 > 0</b>."}
	for _, message := range []any{
		map[string]any{"text": w.text},
		map[string]any{"emailContent": map[string]any{"content": map[string]any{"value": "<p>It takes &lt; 5 days,</p><p>if &lt;b&gt;1 &gt; 0&lt;/b&gt;.</p>"}}},
		[]any{map[string]any{"content": "Hello. It takes < 5 days, if <b>1 > 0</b>. Bye"}},
	} {
		require.True(t, w.within(wordsIn(message)), "%v", message)
	}
	require.True(t, (&draft{text: "R&D knows."}).within(wordsIn("R&amp;D knows.")))
	require.False(t, w.within(wordsIn(map[string]any{"text": "It takes < 6 days, if <b>1 > 0</b>."})))
}
