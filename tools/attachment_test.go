package tools

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Where a file is not there, those that are are named.
func TestListedFiles(t *testing.T) {
	files, err := filesOf([]byte(`{"data":[{"attributes":{"attachments":[{"url":"https://x/a"},{"url":"https://x/b"}],"inlineImages":[{"url":"https://x/c"}]}},{"attributes":{}},{"attributes":{"attachments":[{"url":"https://x/d"}]}}]}`))
	require.NoError(t, err)
	require.Equal(t, "give one of #1/1, #1/2, #1/3, #3/1", listedFiles(files))
	require.Equal(t, "the conversation has no files", listedFiles([][]attachedFile{nil, {}}))
	require.Equal(t, "give one of #1/1, #1/2, #1/3, #1/4, #1/5, #1/6, #1/7, #1/8, #1/9, #1/10 and 2 more", listedFiles([][]attachedFile{make([]attachedFile, 12)}))
	_, err = filesOf([]byte(`{`))
	require.ErrorContains(t, err, "cannot be read")
}
