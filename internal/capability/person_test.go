package capability

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPersonID(t *testing.T) {
	var nobody *Person
	require.Empty(t, nobody.ID())
	require.Empty(t, nobody.String())
	anna := &Person{Issuer: "https://login.example.com", Subject: "anna", Email: "anna@example.com"}
	require.Equal(t, "anna@example.com", anna.String())
	for _, other := range []*Person{
		{Issuer: anna.Issuer, Subject: "bo", Email: anna.Email},                           // an address that was given to somebody else
		{Issuer: "https://other.example.com", Subject: "anna", Email: anna.Email},         //
		{Issuer: anna.Issuer + "1:a", Subject: "nna"}, {Issuer: anna.Issuer, Subject: ""}, // parts that could run together
	} {
		require.NotEqual(t, anna.ID(), other.ID())
	}
	renamed := *anna
	renamed.Email, renamed.Name = "", "Anna"
	require.Equal(t, anna.ID(), renamed.ID())
	require.Equal(t, "subject anna", renamed.String())
}
